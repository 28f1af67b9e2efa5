type Underscored<Word extends string> = Word extends `${infer Head}-${infer Tail}`
  ? `${Head}_${Underscored<Tail>}`
  : Word

/** A domain word as the API spells it: `signed-out` is `SIGNED_OUT`. */
export function enumName<Word extends string>(word: Word): Uppercase<Underscored<Word>> {
  return word.replaceAll('-', '_').toUpperCase() as Uppercase<Underscored<Word>>
}
