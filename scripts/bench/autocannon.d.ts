/** What the bench uses of it; the package has no types. */
declare module 'autocannon' {
  namespace autocannon {
    interface Options {
      readonly url: string
      readonly method: 'GET' | 'POST'
      readonly headers: Record<string, string>
      readonly body?: string | undefined
      readonly connections: number
      /** Requests in all, or else how long. */
      readonly amount?: number
      /** Seconds. */
      readonly duration?: number
      readonly expectBody?: string
      readonly verifyBody?: (body: string) => boolean
      /** Milliseconds. */
      readonly sampleInt: number
      /** Seconds, for one answer. */
      readonly timeout: number
      readonly setupClient?: (client: Client) => void
    }
    interface Client {
      setRequests(requests: readonly DynamicRequest[]): void
    }
    interface Request {
      readonly headers?: Record<string, string> | undefined
      readonly body?: string | undefined
    }
    interface DynamicRequest {
      readonly setupRequest: (request: Request) => Request
      readonly onResponse: (status: number, body: string) => void
    }
    interface Result {
      readonly non2xx: number
      readonly errors: number
      readonly mismatches: number
      readonly requests: { readonly total: number }
    }
    type Done = (cause: Error | null, result: Result) => void
  }
  function autocannon(
    options: autocannon.Options,
    done: autocannon.Done,
  ): { on(event: 'response', listen: () => void): void }
  export default autocannon
}
