/**
 * What fast-check draws from. Whether a change lands is no lottery: in CI the draw is the same each time. Elsewhere it
 * is a new one each time, and a failure names the seed that repeats it.
 */
export const draw = process.env['CI'] === undefined ? {} : { seed: 20_261_128 }
