import { pino, type Logger } from 'pino';

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

export function createLogger(level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRETS, censor: '[redacted]' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
