import { DomainError } from './kernel/errors.js'

/** What an operator should read when a process cannot go on: what is wrong and what to do, without a stack. */
export function explain(cause: unknown): string {
  if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
    const where = 'address' in cause && 'port' in cause ? [cause.address, cause.port].join(':') : 'The port'
    return `${where} is taken. Set PORT to another one, or stop what listens there.`
  }
  if (!(cause instanceof DomainError)) return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  if (cause.kind !== 'unavailable') return cause.message
  const reason = cause.cause instanceof Error ? ` (${cause.cause.message})` : ''
  return `The database does not answer${reason}. Check MONGODB_URI, and that a replica set with a primary runs there.`
}
