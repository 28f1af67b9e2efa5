/** Refusals are errors, and writing down where thousands of them came from takes longer than all the rest. */
export async function traceless<Result>(action: () => Promise<Result>): Promise<Result> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return await action()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
