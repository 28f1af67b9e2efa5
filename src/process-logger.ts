import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino'

/** JSON lines. What is logged is built field by field where it is logged: there is nothing here to redact from. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = { level, base: null, timestamp: stdTimeFunctions.isoTime }
  return destination === undefined ? pino(options) : pino(options, destination)
}
