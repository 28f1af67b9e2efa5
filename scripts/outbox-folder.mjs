import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For MAIL_URL: what tools make a server send is no mail of whoever develops here. */
export const outboxFolder = `file:${join(tmpdir(), 'portcullis-outbox')}`
