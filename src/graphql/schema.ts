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

/** The SDL of another schema, with our directives if it does not bring them itself. */
export function parseFiles(files: readonly { readonly path: string; readonly text: string }[]): DocumentNode[] {
  const documents = files.map(({ path, text }) => parse(new Source(text, path)))
  if (files.some(({ text }) => /directive @auth\b/.test(text))) return documents
  return [parse(readFileSync(new URL('directives.graphql', schemaFolder), 'utf8')), ...documents]
}

/** Without resolvers; a subgraph if it links to federation, a plain schema otherwise. */
export function bareSchemaOf(documents: DocumentNode[]): GraphQLSchema {
  const text = documents.map((document) => document.loc?.source.body ?? '')
  return text.some((each) => /@link\b|@key\b/.test(each))
    ? makeSchema({}, documents)
    : buildASTSchema(concatAST(documents))
}

/** The subgraph before authorization: only what `authorizeSchema` returns may serve requests. */
export function makeSchema(resolvers: object, typeDefs: DocumentNode[] = loadTypeDefs()): GraphQLSchema {
  const modules = typeDefs.map((each, index) => ({
    typeDefs: each,
    ...(index === 0 ? { resolvers: { ...resolvers } } : {}),
  }))
  return refuseMalformedEntities(buildSubgraphSchema(modules))
}
