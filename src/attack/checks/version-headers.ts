import { demandAnswers } from '../attack.js'
import { failed, passed, warned, type Check } from '../check.js'

export const versionHeaders: Check = {
  id: 'version-headers',
  area: 'Answers',
  title: 'Headers do not say what the server is made of',
  reason: 'A name with a version is looked up in a list of known holes, by machines, all day.',
  remedy: 'Take out `Server` and `X-Powered-By`.',
  references: ['OWASP ASVS 13.4.6', 'OWASP WSTG-INFO-02', 'CWE-497'],
  async run(attack) {
    await demandAnswers(attack)
    const seen = attack.sightings.of('version')
    if (seen.length === 0) return passed('No header names a product.')
    return seen.some((header) => /\d/.test(header)) ? failed(seen.join('; ')) : warned(seen.join('; '))
  },
}
