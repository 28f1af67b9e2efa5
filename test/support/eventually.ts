import { setTimeout as pause } from 'node:timers/promises'

/** Repeats a check until it holds; how long that takes decides nothing, short of never. */
export async function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await check()
    } catch (cause) {
      if (attempt === 600) throw cause
      await pause(50)
    }
  }
}
