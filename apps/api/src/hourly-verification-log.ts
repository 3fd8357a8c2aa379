import type { SweepListener, SweptHour } from '@sensorflow/verification';
import type { Logger } from 'pino';

/** Counted by an alarm. */
export const AGGREGATE_MISMATCH = 'aggregate-mismatch';
/** Of one hour; all are counted in the line about the hour. */
const LOGGED_DIFFERENCES = 20;

/** What the sweep has to say: a line for each hour, and one for each difference. */
export function sweepLog(logger: Logger): SweepListener {
  return {
    onSwept: (swept) => logSwept(logger, swept),
    onFailure: (error) => logger.warn({ err: error }, 'the sweep failed, and goes on later'),
  };
}

function logSwept(logger: Logger, { differences, ...swept }: SweptHour): void {
  for (const difference of differences.slice(0, LOGGED_DIFFERENCES)) {
    logger.error({ code: AGGREGATE_MISMATCH, difference }, 'an aggregate was not its readings');
  }
  logger.info({ ...swept, mismatches: differences.length }, 'hour swept');
}
