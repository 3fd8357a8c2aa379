import type { EquipmentRegistrar } from '@sensorflow/aggregation';
import { sentMetricsOf } from '@sensorflow/aggregation/dynamodb/sent-metrics.js';
import { DomainError, type Clock } from '@sensorflow/kernel';
import type { RemainingTime, StreamBatchResponse } from './stream-batch-handler.js';

type StreamBatchHandler = (event: unknown, context: RemainingTime) => Promise<StreamBatchResponse>;

/**
 * How long a batch waits for its registration at the most, from its beginning: a batch of ordinary size is
 * registered long before, and what is not goes on with the next batch.
 */
const PATIENCE_MS = 1_000;

/**
 * The handler, and beside it the registration of the batch's equipment and of what it measures. Throws,
 * after the handler's work, when the registry fails or too much waits for it, so that the whole batch is
 * delivered again: nobody else would register what is new in it.
 */
export function registeringEquipment(
  registrar: EquipmentRegistrar,
  clock: Clock,
  handler: StreamBatchHandler,
): StreamBatchHandler {
  return async (event, context) => {
    const patience = clock.sleep(PATIENCE_MS).then(() => 'carried-over' as const);
    const registration = registrar.register(sentMetricsOf(event)).then(
      () => 'registered' as const,
      (error: unknown) => ({ error }),
    );
    const response = await handler(event, context);
    const outcome = await Promise.race([registration, patience]);
    if (typeof outcome === 'object') throw outcome.error;
    if (registrar.isOverfull) throw registrationBehind(registrar.backlog);
    return response;
  };
}

function registrationBehind(backlog: number): DomainError {
  const detail = `${backlog} new metrics of equipment wait to be registered.`;
  return new DomainError('unavailable', 'registration-behind', detail);
}
