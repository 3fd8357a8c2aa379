import { pino, type DestinationStream, type Logger, type LogFn } from 'pino';
import { loggableError } from './loggable-error.js';

/**
 * Structured logs, one JSON line an event. Whatever is logged, these never appear: credentials in
 * headers, tokens, and the text of an error that is not ours.
 */
const SECRETS = [
  '*.authorization',
  '*.cookie',
  '*["set-cookie"]',
  '*.accessToken',
  '*.password',
  'headers.authorization',
  'headers.cookie',
];

const ERROR_KEYS = ['err', 'error', 'cause', 'reason'] as const;
const SERIALIZERS = Object.fromEntries(
  ERROR_KEYS.map((key) => [key, (error: unknown) => loggableError(error)]),
);

export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRETS, censor: '[redacted]' },
    serializers: SERIALIZERS,
    hooks: { logMethod: withMessage },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** For an error without a message, pino would use the error's own text as the message. */
function withMessage(this: Logger, args: Parameters<LogFn>, log: LogFn): void {
  if (args.length === 1 && typeof args[0] === 'object') log.call(this, args[0], 'error');
  else log.apply(this, args);
}
