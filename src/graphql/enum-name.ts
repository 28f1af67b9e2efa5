type Underscored<Word extends string> = Word extends `${infer Head}-${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Word

/** A domain word as the API spells it: `signed-out` is `SIGNED_OUT`. */
export function enumName<Word extends string>(word: Word): Uppercase<Underscored<Word>> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type computes what the two calls do
  return word.replaceAll('-', '_').toUpperCase() as Uppercase<Underscored<Word>>
}
