import { trusted } from 'mongoose'
import type { Condition, Reach, Value } from '../kernel/caller.js'

/** Where an object keeps a property that conditions ask for, in its document; any of several paths will do. */
export type PathsOf = (property: string) => readonly string[]

type Filter = Record<string, unknown>

/**
 * The documents that a caller's permission reaches. Whatever is not understood reaches nothing: a property without a
 * path, a value that is none, a condition without properties. Leaving it out of the filter would open all documents.
 */
export function reachFilter(reach: Reach, pathsOf: PathsOf): Filter {
  if (reach === 'all') return {}
  const reached = reach.flatMap((condition) => conditionFilter(condition, pathsOf) ?? [])
  // `$or` of nothing is an error to MongoDB; `$in` of nothing finds nothing.
  return reached.length === 0 ? { _id: trusted({ $in: [] }) } : { $or: reached }
}

/** Null when it can be met by no document. */
function conditionFilter(condition: Condition, pathsOf: PathsOf): Filter | null {
  const parts = Object.entries(condition).map(([property, wanted]) => {
    const paths = pathsOf(property)
    const values = (Array.isArray(wanted) ? wanted : [wanted]).filter(isValue)
    if (paths.length === 0 || values.length === 0) return null
    // sanitizeFilter would make the operator a value to compare with.
    return { $or: paths.map((path) => ({ [path]: trusted({ $in: values }) })) }
  })
  return parts.length === 0 || parts.includes(null) ? null : { $and: parts }
}

/** As the policy compares: nothing that a missing property could equal, too. */
function isValue(value: unknown): value is Value {
  return typeof value === 'boolean' || Number.isFinite(value) || (typeof value === 'string' && value !== '')
}
