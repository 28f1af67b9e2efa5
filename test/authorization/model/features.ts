/**
 * What the engine enforces so far. The naive reader knows all of it; what is off here is neither generated nor asked
 * for in the table of shapes.
 */
export const features = {
  /** Permissions on conditions of the object reach through `@owner(or:)`. */
  where: false,
  /** A guard that asks for a permission asks for the proof that the policy wants for it, too. */
  stepUp: false,
  /** `@auth(permission:)` on a root field whose door line says `scope: 'filter'` passes who holds it in any way. */
  filter: false,
  /** An attribute of another type than declared grants nothing. */
  attributeTypes: false,
}
