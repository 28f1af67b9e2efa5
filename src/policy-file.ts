/** A policy as an operator writes it: JSON or YAML in, a `Policy` out, or every fault at once. */
import { parse } from 'yaml'
import { z } from 'zod'
import { definePolicy, PolicyInvalid, type Policy, type PolicyDefinition } from './authorization/index.js'

export interface PolicyFile {
  readonly path: string
  readonly text: string
}

const value = z.union([z.string(), z.number(), z.boolean()])
const values = z.union([value, z.array(value)])
const conditions = z.record(z.string(), values)
const grant = z.strictObject({
  permission: z.string(),
  when: conditions.exactOptional(),
  where: z.record(z.string(), z.union([values, z.strictObject({ attribute: z.string() })])).exactOptional(),
})
const shape = z.strictObject({
  permissions: z.array(z.string()).default([]),
  elsewhere: z.array(z.string()).exactOptional(),
  attributes: z.record(z.string(), z.enum(['string', 'number', 'boolean', 'strings'])).exactOptional(),
  properties: z.record(z.string(), z.array(z.string())).exactOptional(),
  roles: z.record(
    z.string(),
    z.strictObject({
      inherits: z.array(z.string()).exactOptional(),
      can: z.array(z.union([z.string(), grant])).default([]),
    }),
  ),
  stepUp: z
    .record(
      z.string(),
      z.strictObject({
        assurance: z.enum(['HIGHEST_ENROLLED', 'AAL2']).exactOptional(),
        maxAge: z.string().exactOptional(),
      }),
    )
    .exactOptional(),
})

/** What the file says, whatever it means. @throws PolicyInvalid */
export function readPolicyFile({ path, text }: PolicyFile): PolicyDefinition {
  const refuse = (place: string, problem: string): never => {
    const remedy = 'See "Authorize your schema" in the README for the shape of a policy'
    throw new PolicyInvalid([{ file: path, place, problem, remedy }])
  }
  let content: unknown
  try {
    // JSON is YAML. Without aliases, because a few lines of them make a document of any size.
    content = parse(text, { maxAliasCount: 0 })
  } catch {
    return refuse('file', 'is neither JSON nor YAML')
  }
  const parsed = shape.safeParse(content)
  if (parsed.success) return parsed.data
  throw new PolicyInvalid(
    parsed.error.issues.map((issue) => ({
      file: path,
      place: issue.path.join('.') || 'policy',
      problem: issue.message.replace(/^Invalid input: /, ''),
      remedy: 'See "Authorize your schema" in the README for the shape of a policy',
    })),
  )
}

/** The policy of another schema than ours. @throws PolicyInvalid */
export function policyFromFile(file: PolicyFile): Policy {
  return definePolicy(readPolicyFile(file), { file: file.path })
}
