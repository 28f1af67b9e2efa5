/** Where a page starts, in lists that are ordered by creation, newest first. */
export interface Position {
  readonly createdAt: Date
  readonly id: string
}

/** So many, from the first that is older than `after`; null: from the newest. */
export interface Page {
  readonly first: number
  readonly after: Position | null
}
