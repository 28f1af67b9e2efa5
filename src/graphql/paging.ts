import { DomainError, InvalidInput } from '../kernel/errors.js'
import type { Page, Position } from '../kernel/page.js'

const greatestPage = 100

/** Each list is a query and a count of its own; a page of a hundred objects with a list each fits twice. */
const mostLists = 200
const listsAsked = new WeakMap<object, number>()

/** A request that asks for lists of lists of lists would be as many queries as it likes. */
export class TooManyLists extends DomainError {
  constructor() {
    super('invalid', 'LIMIT_EXCEEDED', `A request may ask for ${mostLists} lists.`)
  }
}

function countList(context: object): void {
  const count = (listsAsked.get(context) ?? 0) + 1
  listsAsked.set(context, count)
  if (count > mostLists) throw new TooManyLists()
}

/** The arguments of a connection, checked. @param context of the request @throws InvalidInput, TooManyLists */
export function pageOf(
  args: { first?: number | null | undefined; after?: string | null | undefined },
  context: object,
): Page {
  countList(context)
  const first = args.first ?? 20
  const after = typeof args.after === 'string' ? positionOf(args.after) : null
  const faults = {
    ...(first < 1 || first > greatestPage ? { first: `\`first\` must be from 1 to ${greatestPage}.` } : {}),
    ...(after === undefined ? { after: '`after` must be a cursor of this list.' } : {}),
  }
  if (after === undefined || Object.keys(faults).length > 0) throw new InvalidInput(faults)
  return { first, after }
}

/** A Relay connection over one page. Cursors are opaque to clients. */
export function connectionOf<Item extends Position>(
  items: readonly Item[],
  { after, hasNextPage, totalCount }: { after: Position | null; hasNextPage: boolean; totalCount: number },
) {
  const edges = items.map((node) => ({ cursor: cursorOf(node), node }))
  return {
    edges,
    totalCount,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

function cursorOf({ createdAt, id }: Position): string {
  return Buffer.from(`${createdAt.getTime()} ${id}`).toString('base64url')
}

function positionOf(cursor: string): Position | undefined {
  const parts = /^(\d{1,15}) ([a-z]{3}_[0-9a-z]{26})$/.exec(Buffer.from(cursor.slice(0, 100), 'base64url').toString())
  const [, time, id] = parts ?? []
  return time === undefined || id === undefined ? undefined : { createdAt: new Date(Number(time)), id }
}
