import { DomainError } from '../kernel/errors.js'

/** Unknown address, wrong password and suspended account are one answer. The audit log keeps the reason. */
export class CredentialsRejected extends DomainError {
  constructor() {
    super('unauthenticated', 'CREDENTIALS_REJECTED', 'Email or password is wrong.')
  }
}
