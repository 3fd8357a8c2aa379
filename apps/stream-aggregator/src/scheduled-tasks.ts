import type { StreamBatchAggregator } from '@sensorflow/aggregation';
import type { Clock } from '@sensorflow/kernel';
import type { ScheduledTask } from '@sensorflow/platform/resources/event-sources.js';
import type { ClosingReport, HourCloser } from '@sensorflow/verification';
import type { Logger } from 'pino';
import type { TaskRunner } from './lambda-events.js';
import { logRefresh, logSealed, logTooLarge, usableTimeMs } from './stream-batch-handler.js';

/** What is done because time has passed. Whatever is not done in time is done by the next run. */
export function scheduledTasks(
  aggregator: StreamBatchAggregator,
  closer: HourCloser,
  clock: Clock,
  logger: Logger,
): Readonly<Record<ScheduledTask, TaskRunner>> {
  const deadline = (remainingMs: number) => clock.nowEpochMs() + usableTimeMs(remainingMs);
  return {
    'refresh-open-hours': async (context) => {
      const endsAt = deadline(context.getRemainingTimeInMillis());
      logRefresh(logger, await aggregator.refresh(endsAt));
    },
    'close-hours': async (context) => {
      const endsAt = deadline(context.getRemainingTimeInMillis());
      logClosing(logger, await closer.closeDueHours(endsAt));
    },
  };
}

const LOGGED_FAILURES = 5;

/** An alarm watches `hoursBehind`, and that the line comes at all. */
function logClosing(logger: Logger, report: ClosingReport): void {
  const { closedHours, closedCells, hoursBehind, tooLarge, sealed, failures } = report;
  for (const cell of tooLarge) logTooLarge(logger, cell);
  for (const cell of sealed) logSealed(logger, cell);
  for (const { cell, error } of failures.slice(0, LOGGED_FAILURES)) {
    logger.error({ err: error, ...cell }, 'cell not closed');
  }
  const numbers = { closedHours, closedCells, hoursBehind, failed: failures.length };
  logger.info({ code: HOURS_CLOSED, ...numbers }, 'hours closed');
}

const HOURS_CLOSED = 'hours-closed';
