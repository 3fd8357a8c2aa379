import type { EquipmentRegistrar } from '@sensorflow/equipment';
import { sentMetricsOf } from '@sensorflow/equipment/dynamodb/sent-metrics.js';
import { DomainError, type Clock } from '@sensorflow/kernel';
import type { StreamBatchHandler } from './stream-batch-handler.js';

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
  return async (records, context) => {
    const startedAt = clock.nowEpochMs();
    const registration = registrar
      .register(sentMetricsOf(records))
      .catch((error: unknown) => ({ error }));
    const response = await handler(records, context);
    if (registrar.backlog === 0) return response;
    const patienceMs = Math.max(0, startedAt + PATIENCE_MS - clock.nowEpochMs());
    const outcome = await Promise.race([registration, clock.sleep(patienceMs)]);
    if (outcome) throw outcome.error;
    if (registrar.isOverfull) throw registrationBehind(registrar.backlog);
    return response;
  };
}

function registrationBehind(backlog: number): DomainError {
  const detail = `${backlog} new metrics of equipment wait to be registered.`;
  return new DomainError('unavailable', 'registration-behind', detail);
}
