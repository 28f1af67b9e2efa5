/** What the bench uses of it; the package has no types. */
declare module 'autocannon' {
  interface Options {
    readonly url: string
    readonly method: 'POST'
    readonly headers: Record<string, string>
    readonly body: string
    readonly connections: number
    /** Requests in all. */
    readonly amount: number
    readonly expectBody: string
    /** Milliseconds. */
    readonly sampleInt: number
  }
  export interface Result {
    readonly non2xx: number
    readonly errors: number
    readonly mismatches: number
  }
  type Done = (cause: Error | null, result: Result) => void
  export default function autocannon(options: Options, done: Done): { on(event: 'response', listen: () => void): void }
}
