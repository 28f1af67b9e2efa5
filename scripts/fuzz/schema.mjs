import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildASTSchema, parse } from 'graphql'
import { root } from '../setup/folders.mjs'

/** What a router adds to a subgraph; the documents are made from it, too. */
const federation = `
  scalar _Any
  type _Service { sdl: String! }
  union _Entity = User
  extend type Query { _service: _Service!  _entities(representations: [_Any!]!): [_Entity]! }
`

/** The schema of the service as clients know it. */
export function readSchema() {
  const folder = join(root, 'schema')
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  // The directives of federation come from a link that nobody follows here.
  return buildASTSchema(parse([...texts, federation].join('\n')), { assumeValid: true, assumeValidSDL: true })
}
