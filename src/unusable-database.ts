import { DomainError } from './kernel/errors.js'

/** Outside production both may be missing, because `npm start` brings them. */
export class NothingToRunOn extends DomainError {
  constructor() {
    super(
      'invalid',
      'CONFIG_INVALID',
      'MONGODB_URI and PORTCULLIS_SECRET must be set. `npm start` brings a local database and a secret of its own.',
    )
  }
}

export class StandaloneDatabase extends DomainError {
  constructor() {
    super(
      'invalid',
      'STANDALONE_DATABASE',
      'MONGODB_URI names a standalone server. Transactions and change streams need a replica set; one node is enough.',
    )
  }
}
