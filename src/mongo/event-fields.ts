import { Schema } from 'mongoose'

/** An audit event as a (sub-)document: in the trail, and while it waits inside the document it tells of. */
export const eventFields = {
  at: { type: Date, required: true },
  name: { type: String, required: true },
  actorId: { type: String, default: null },
  subjectId: { type: String, default: null },
  outcome: { type: String, required: true },
  facts: { type: Schema.Types.Mixed, required: true },
}
