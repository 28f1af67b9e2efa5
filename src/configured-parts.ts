/** Parts of the composition that are made of settings alone. */
import type { Config } from './config.js'
import { loadTemplates } from './mail/templates.js'
import { createMailTransport } from './mail/transport.js'
import { originsBelow, type RelyingParty } from './mfa/relying-party.js'

/** What people know this service by: in their mails, authenticator apps and passkeys. */
function serviceName({ mail, publicUrl }: Config): string {
  return mail.from.name || new URL(publicUrl).hostname
}

export function relyingPartyOf(config: Config): RelyingParty {
  const { passkeyRpId: id, passkeyApps, allowedOrigins } = config
  return { id, name: serviceName(config), origins: [...originsBelow(id, allowedOrigins), ...passkeyApps] }
}

/** What the look of mails and their way out are made of. */
export function mailPartsOf(config: Config, onStep: (line: string) => void) {
  const { mail, publicUrl } = config
  const { hostname: host } = new URL(publicUrl)
  const onWritten = (path: string) => onStep(`a mail was written to ${path}`)
  return {
    templates: loadTemplates(serviceName(config), mail.templates),
    transport: createMailTransport(mail.target, { from: mail.from, host, onWritten }),
  }
}
