import { pino, type DestinationStream, type Logger } from 'pino';

/**
 * Structured logs, one JSON line an event. Whatever is logged, these never appear: credentials in
 * headers, bodies of SDK requests, tokens.
 */
const SECRETS = [
  '*.authorization',
  '*.cookie',
  '*["set-cookie"]',
  '*.accessToken',
  '*.password',
  'headers.authorization',
  'headers.cookie',
  'err.$response',
  'err.cause.$response',
  'err.config',
];

export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRETS, censor: '[redacted]' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/**
 * Standard output for a process that logs thousands of lines a second: a call to the system for many
 * of them, after a quarter of a second at the latest and when the process ends. A killed process takes
 * what it still held with it. Not for a Lambda function, which is frozen between events.
 */
export function bufferedOutput(): DestinationStream {
  return pino.destination({ sync: false, minLength: 8192, periodicFlush: 250 });
}
