import { pino, type DestinationStream } from 'pino';

/**
 * Standard output for a process that logs thousands of lines a second: a call to the system for many
 * of them, after a quarter of a second at the latest and when the process ends. A killed process takes
 * what it still held with it. Not for a Lambda function, which is frozen between events.
 */
export function bufferedOutput(): DestinationStream {
  return pino.destination({ sync: false, minLength: 8192, periodicFlush: 250 });
}
