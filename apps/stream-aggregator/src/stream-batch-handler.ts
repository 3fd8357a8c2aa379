import {
  AGGREGATE_TOO_LARGE,
  HOUR_SEALED,
  type BatchFailure,
  type BatchOutcome,
  type EquipmentHour,
  type RefreshOutcome,
  type StreamBatchAggregator,
  type StreamChange,
} from '@sensorflow/aggregation';
import { streamChangesOf } from '@sensorflow/aggregation/dynamodb/stream-changes.js';
import type { Clock } from '@sensorflow/kernel';
import type { StreamRecord } from '@sensorflow/platform/aws/stream-records.js';
import type { Logger } from 'pino';

/** The part of Lambda's context that is used here. */
export interface RemainingTime {
  getRemainingTimeInMillis(): number;
}

/** Lambda's answer to ReportBatchItemFailures: where the stream starts again, or nothing. */
export interface StreamBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Handles a batch of either stream; the records are parsed once for all who work on them. */
export type StreamBatchHandler = (
  records: readonly StreamRecord[],
  context: RemainingTime,
) => Promise<StreamBatchResponse>;

/** One call to the store in its longest case: three attempts of 2 s with their pauses. */
const RESERVE_MS = 10_000;

/**
 * Recomputes what a batch of either stream made dirty. Returns before its time runs out, naming the earliest
 * record whose cell is not done.
 */
export function streamBatchHandler(
  aggregator: StreamBatchAggregator,
  clock: Clock,
  logger: Logger,
): StreamBatchHandler {
  return async (records, context) => {
    const startedAt = clock.nowEpochMs();
    const changes = streamChangesOf(records);
    const deadline = startedAt + usableTimeMs(context.getRemainingTimeInMillis());
    const outcome = await aggregator.aggregate(changes, deadline);
    logRefresh(logger, await aggregator.refresh(deadline));
    logOutcome(logger, changes, outcome, clock.nowEpochMs() - startedAt);
    const { firstFailed } = outcome;
    return {
      batchItemFailures: firstFailed === undefined ? [] : [{ itemIdentifier: firstFailed }],
    };
  };
}

/** A function with a short timeout works for half of it. */
export function usableTimeMs(remainingMs: number): number {
  return Math.max(remainingMs - RESERVE_MS, remainingMs / 2);
}

const LOGGED_FAILURES = 5;

/** Cells that failed wait on; the closing of their hour sees to them at the latest. */
export function logRefresh(logger: Logger, outcome: RefreshOutcome): void {
  const { refreshed, failures, tooLarge, sealed } = outcome;
  for (const equipmentHour of tooLarge) logTooLarge(logger, equipmentHour);
  for (const equipmentHour of sealed) logSealed(logger, equipmentHour);
  for (const { cell, error } of failures.slice(0, LOGGED_FAILURES)) {
    logger.error({ err: error, ...cell }, 'open cell not refreshed');
  }
  if (refreshed > 0) logger.info({ refreshed, failed: failures.length }, 'open cells refreshed');
}

function logOutcome(
  logger: Logger,
  changes: readonly StreamChange[],
  outcome: BatchOutcome,
  durationMs: number,
): void {
  const { dirtyCells, failures, firstFailed, tooLarge, sealed, postponed } = outcome;
  for (const equipmentHour of tooLarge) logTooLarge(logger, equipmentHour);
  for (const equipmentHour of sealed) logSealed(logger, equipmentHour);
  for (const failure of failures.slice(0, LOGGED_FAILURES)) logFailure(logger, changes, failure);
  logger.info(
    {
      records: changes.length,
      dirtyCells,
      postponed,
      failed: failures.length,
      firstFailed,
      tooLarge: tooLarge.length,
      sealed: sealed.length,
      durationMs,
    },
    'stream batch aggregated',
  );
}

/** The stream continues, so that an alarm can only watch this line. */
export function logTooLarge(logger: Logger, { equipmentId, hour }: EquipmentHour): void {
  logger.error({ code: AGGREGATE_TOO_LARGE, equipmentId, hour }, 'equipment-hour not shown');
}

/** Trying again cannot help. The change is in the readings, as long as they last, and not in the aggregate. */
export function logSealed(logger: Logger, { equipmentId, hour }: EquipmentHour): void {
  logger.error({ code: HOUR_SEALED, equipmentId, hour }, 'change came after its hour was sealed');
}

function logFailure(
  logger: Logger,
  changes: readonly StreamChange[],
  { position, cell, error }: BatchFailure,
): void {
  const sequenceNumber = changes[position]?.sequenceNumber;
  logger.error({ err: error, sequenceNumber, ...cell }, 'cell not recomputed');
}
