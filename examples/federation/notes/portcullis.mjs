/**
 * What this subgraph takes from Portcullis. In a repository of its own this file is one line,
 * `export * from 'portcullis/authorization'`; here the package is two folders up, as `npm start` has built it.
 */
import { readFileSync } from 'node:fs'

export * from '../../../dist/authorization/index.js'

/** The declarations of `@public`, `@auth` and `@owner`; the same for every subgraph. */
export const directives = readFileSync(new URL('../../../schema/directives.graphql', import.meta.url), 'utf8')
