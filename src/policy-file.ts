/** A policy as an operator writes it: JSON or YAML in, a `Policy` out, or every fault at once. */
import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import { z } from 'zod'
import { definePolicy, PolicyInvalid, type Policy, type PolicyDefinition } from './authorization/index.js'

export interface PolicyFile {
  readonly path: string
  readonly text: string
}

const value = z.union([z.string(), z.number(), z.boolean()])
const values = z.union([value, z.array(value)])
const conditions = z.record(z.string(), values)
const types = z.enum(['string', 'number', 'boolean', 'strings'])
const grant = z.strictObject({
  permission: z.string(),
  when: conditions.exactOptional(),
  where: z.record(z.string(), z.union([values, z.strictObject({ attribute: z.string() })])).exactOptional(),
})
const shape = z.strictObject({
  permissions: z.array(z.string()).default([]),
  elsewhere: z.array(z.string()).exactOptional(),
  attributes: z.record(z.string(), types).exactOptional(),
  properties: z.record(z.string(), z.record(z.string(), types)).exactOptional(),
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
  secondFactor: z
    .strictObject({
      required: z.array(
        z.strictObject({
          roles: z.array(z.string()).exactOptional(),
          attributes: conditions.exactOptional(),
          grace: z.string().exactOptional(),
        }),
      ),
      meanwhile: z.array(z.string()).exactOptional(),
    })
    .exactOptional(),
  risk: z
    .strictObject({
      notify: z.number().exactOptional(),
      secondFactor: z.number().exactOptional(),
      refuse: z.number().exactOptional(),
    })
    .exactOptional(),
})

const require = createRequire(import.meta.url)

/** What the file says, whatever it means. @throws PolicyInvalid */
export function readPolicyFile({ path, text }: PolicyFile): PolicyDefinition {
  const refuse = (faults: readonly { readonly place: string; readonly problem: string }[]): never => {
    throw new PolicyInvalid(faults.map((fault) => ({ file: path, ...fault, remedy })))
  }
  // Not before there is a file: most services start without one.
  const { parseDocument }: typeof Yaml = require('yaml')
  // JSON is YAML. Aliases are refused, because a few lines of them make a document of any size.
  const document = parseDocument(text, { version: '1.2', merge: false, uniqueKeys: true })
  const { errors, directives } = document
  if (errors.length > 0) {
    return refuse(
      errors.map(({ linePos }) => ({
        place: linePos === undefined ? 'file' : `line ${linePos[0].line}`,
        problem: 'cannot be read as JSON or YAML',
      })),
    )
  }
  // An older version reads `no` as false and `010` as eight.
  if (directives?.yaml.explicit === true && directives.yaml.version !== '1.2') {
    return refuse([{ place: 'line 1', problem: 'asks for another version of YAML than 1.2' }])
  }
  let content: unknown
  try {
    content = document.toJS({ maxAliasCount: 0 })
  } catch {
    return refuse([{ place: 'file', problem: 'repeats a part of itself by an alias' }])
  }
  if (namesPrototype(content)) return refuse([{ place: 'file', problem: 'has the key __proto__' }])
  const parsed = shape.safeParse(content)
  if (parsed.success) return parsed.data
  return refuse(
    parsed.error.issues.map((issue) => ({
      place: issue.path.join('.') || 'policy',
      problem: issue.message.replace(/^Invalid input: /, ''),
    })),
  )
}

const remedy = 'See "Authorize your schema" in the README for the shape of a policy'

/** It would vanish on the way, and with it the condition that it is a part of. */
function namesPrototype(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, part]) => key === '__proto__' || namesPrototype(part))
}

/** The policy of another schema than ours. @throws PolicyInvalid */
export function policyFromFile(file: PolicyFile): Policy {
  return definePolicy(readPolicyFile(file), { file: file.path })
}
