/**
 * What the engine enforces so far. The naive reader knows all of it; what is off here is neither generated nor asked
 * for in the table of shapes.
 */
export const features = {
  /** Permissions on conditions of the object reach through `@owner(or:)`. */
  where: true,
  /** A guard that asks for a permission asks for the proof that the policy wants for it, too. */
  stepUp: true,
  /** `@auth(permission:)` on a root field whose door line says `scope: 'filter'` passes who holds it on a condition. */
  filter: true,
  /** An attribute of another type than declared grants nothing. */
  attributeTypes: true,
}
