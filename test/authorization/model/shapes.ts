import type { Thing } from './world.js'

/** One way to ask for a field. */
export interface Shape {
  readonly name: string
  readonly source: string
  readonly variables?: Thing
  /** Does it ask for Ada's text, so that it is there for whom the rule lets through? */
  readonly asksForText: boolean
}

const shape = (name: string, source: string, variables?: Thing): Shape => ({
  name,
  source,
  asksForText: true,
  ...(variables && { variables }),
})
const without = (name: string, source: string, variables?: Thing): Shape => ({
  ...shape(name, source, variables),
  asksForText: false,
})

/** Every route to the text of a note, and some that pass by it. */
export const shapes: readonly Shape[] = [
  shape('the field itself', '{ note { text } }'),
  shape('an alias', '{ mine: note { words: text } }'),
  shape('two aliases of one field', '{ note { first: text second: text } }'),
  shape('two aliases of its object, one of them without the field', '{ a: note { text } note { id kind } }'),
  shape(
    'two aliases with different arguments',
    '{ a: item(at: 0) { text } b: item(at: 1) { text } c: item(at: 2) { text } }',
  ),
  shape('an argument from a variable', 'query ($at: Int = 1) { item(at: $at) { text } }', { at: 0 }),
  shape('an inline fragment without a type', '{ note { ... { text } } }'),
  shape('an inline fragment with a type', '{ note { ... on Note { text } } }'),
  shape('a named fragment', '{ note { ...N } } fragment N on Note { text }'),
  shape(
    'nested fragments',
    '{ ...Q } fragment Q on Query { note { ...N } } fragment N on Note { ... { ... on Note { text } } }',
  ),
  shape('a named fragment spread twice', '{ note { ...N ...N } node { ...N } } fragment N on Note { text }'),
  shape('a fragment on the interface', '{ note { ... on Secret { text } } }'),
  shape('a fragment on the union', '{ note { ... on Found { ... on Note { text } } } }'),
  shape('a field of an interface type', '{ secret { text } }'),
  shape('a type behind an interface', '{ node { id ... on Note { text } } }'),
  shape('an interface behind an interface', '{ deep { ... on Node { ... on Secret { text } } } }'),
  shape('an interface of an interface, followed', '{ deep { next { next { ... on Secret { text } } } } }'),
  shape('a member of a union', '{ found { ... on Note { text } ... on Photo { id } } }'),
  shape('an interface of a member of a union', '{ found { __typename ... on Node { ... on Secret { text } } } }'),
  shape('a list', '{ notes { text } }'),
  shape('a list of lists', '{ grid { id text } }'),
  shape('a connection', '{ all { totalCount nodes { text } edges { cursor node { text } } } }'),
  shape('@include that is true', '{ note { text @include(if: true) } }'),
  without('@include that is false', '{ note { __typename text @include(if: false) } }'),
  shape('@include by a variable', 'query ($on: Boolean!) { note { text @include(if: $on) } }', { on: true }),
  without(
    '@include by a variable that is false',
    'query ($on: Boolean!) { note { __typename text @include(if: $on) } }',
    {
      on: false,
    },
  ),
  shape('@skip by the default of a variable', 'query ($off: Boolean = false) { note { text @skip(if: $off) } }'),
  shape('@skip on an inline fragment', '{ note { ... @skip(if: false) { text } ... @skip(if: true) { must } } }'),
  shape('@skip on a spread', '{ note { id ...N @skip(if: false) } } fragment N on Note { text }'),
  shape('the same field twice', '{ note { text text } note { text } }'),
  shape('deep nesting', '{ user { self { note { next { author { notes { next { text } } } } } } } }'),
  shape('the payload of a mutation', 'mutation { touch { note { text } at } }'),
  shape(
    'several mutations in one operation',
    'mutation { a: touch { note { text } } write { note { words: text } at } }',
  ),
  shape('__typename beside it', '{ __typename note { __typename text } }'),
  without('__typename alone', '{ note { __typename } }'),
  shape('an object reached by two ways', '{ note { text } user { note { text } notes { text } } }'),
  shape('a non-null field of a nullable object', '{ note { must } greeting }'),
  shape('a non-null field of a non-null object', '{ user { id sure { must } } greeting }'),
  shape('a non-null field in a list of non-null objects', '{ note { siblings { must } } }'),
  shape('a non-null field in a list', '{ notes { must } }'),
  without('an open field beside it', '{ note { kind } }'),
  shape('a guarded field beside open ones', '{ note { id kind text } user { id note { kind text } } }'),
]
