type Underscored<Word extends string> = Word extends `${infer Head}-${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Word

type Hyphenated<Name extends string> = Name extends `${infer Head}_${infer Tail}` ? `${Head}-${Hyphenated<Tail>}` : Name

/** A domain word as the API spells it: `signed-out` is `SIGNED_OUT`. */
export function enumName<Word extends string>(word: Word): Uppercase<Underscored<Word>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type computes what the two calls do
  return word.replaceAll('-', '_').toUpperCase() as Uppercase<Underscored<Word>>
}

/** The other way round: `SIGNED_OUT` is `signed-out`. */
export function wordOf<Name extends string>(name: Name): Lowercase<Hyphenated<Name>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type computes what the two calls do
  return name.replaceAll('_', '-').toLowerCase() as Lowercase<Hyphenated<Name>>
}
