import { readdirSync, readFileSync } from 'node:fs'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { buildASTSchema, concatAST, parse, Source, type DocumentNode, type GraphQLSchema } from 'graphql'
import { refuseMalformedEntities } from './entities.js'

/** Beside `src/` and `dist/` alike: the SDL is part of the package as it is. */
const schemaFolder = new URL('../../schema/', import.meta.url)

/** The SDL of every slice. */
export function loadTypeDefs(folder: URL = schemaFolder): DocumentNode[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .toSorted()
    .map((name) => parse(new Source(readFileSync(new URL(name, folder), 'utf8'), `schema/${name}`)))
}

/** The schema of other SDL files, as their names stand in its faults. Without federation directives it is none. */
export function schemaFromFiles(files: readonly { readonly path: string; readonly text: string }[]): GraphQLSchema {
  const documents = files.map(({ path, text }) => parse(new Source(text, path)))
  const isSubgraph = files.some(({ text }) => /@link\b|@key\b/.test(text))
  return isSubgraph ? makeSchema({}, documents) : buildASTSchema(concatAST(documents))
}

/** The subgraph before authorization: only what `authorizeSchema` returns may serve requests. */
export function makeSchema(resolvers: object, typeDefs: DocumentNode[] = loadTypeDefs()): GraphQLSchema {
  const modules = typeDefs.map((each, index) => ({
    typeDefs: each,
    ...(index === 0 ? { resolvers: { ...resolvers } } : {}),
  }))
  return refuseMalformedEntities(buildSubgraphSchema(modules))
}
