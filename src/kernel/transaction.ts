declare const transactionBrand: unique symbol

/** A running transaction, passed from a service through to stores; only `mongo/` knows what it is. */
export interface Transaction {
  readonly [transactionBrand]: true
}

/**
 * Runs `work` in one transaction: all of its writes, or none. `work` may run more than once (write conflicts are
 * retried for as long as an answer may take), so it hashes nothing and touches nothing outside the database.
 * @throws Unavailable when the outcome is unknown or the retries are used up
 */
export type Transact = <Result>(work: (tx: Transaction) => Promise<Result>) => Promise<Result>
