import { readdirSync, readFileSync } from 'node:fs'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse, Source, type DocumentNode, type GraphQLSchema } from 'graphql'
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

/** The subgraph before authorization: only what `authorizeSchema` returns may serve requests. */
export function makeSchema(resolvers: object, typeDefs: DocumentNode[] = loadTypeDefs()): GraphQLSchema {
  const modules = typeDefs.map((each, index) => ({
    typeDefs: each,
    ...(index === 0 ? { resolvers: { ...resolvers } } : {}),
  }))
  return refuseMalformedEntities(buildSubgraphSchema(modules))
}
