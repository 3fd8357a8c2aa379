import type { HourlyVerificationListener, VerifiedHour } from '@sensorflow/verification';
import type { Logger } from 'pino';

/** Counted by an alarm. */
export const AGGREGATE_MISMATCH = 'aggregate-mismatch';
/** At most this many for one hour; the line about the hour counts them all. */
const LOGGED_DIFFERENCES = 20;

/** Logs a line for each verified hour, and one for each difference. */
export function hourlyVerificationLog(logger: Logger): HourlyVerificationListener {
  return {
    onHourVerified: (verified) => logHour(logger, verified),
    onFailure: (error) =>
      logger.warn({ err: error }, 'hourly verification failed; it is repeated later'),
  };
}

function logHour(logger: Logger, { differences, ...verified }: VerifiedHour): void {
  for (const difference of differences.slice(0, LOGGED_DIFFERENCES)) {
    logger.error({ code: AGGREGATE_MISMATCH, difference }, 'aggregate differs from its readings');
  }
  logger.info({ ...verified, mismatches: differences.length }, 'hour verified');
}
