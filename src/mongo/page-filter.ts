import { trusted } from 'mongoose'
import type { Position } from '../kernel/page.js'

/** What comes after a position, in a list that is sorted by `createdAt` and `_id`, newest first. */
export function olderThan(after: Position | null) {
  if (after === null) return {}
  const { createdAt, id } = after
  return { $or: [{ createdAt: trusted({ $lt: createdAt }) }, { createdAt, _id: trusted({ $lt: id }) }] }
}
