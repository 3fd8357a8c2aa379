import type { EquipmentRegistrar } from '@sensorflow/equipment';
import { sentMetricsOf } from '@sensorflow/equipment/dynamodb/sent-metrics.js';
import { DomainError, type Clock } from '@sensorflow/kernel';
import type { StreamBatchHandler } from './stream-batch-handler.js';

/**
 * How long a batch waits at most for its registration. An ordinary batch is registered much earlier; the rest continues
 * with the next batch.
 */
const PATIENCE_MS = 1_000;

/**
 * The handler, which also registers the batch's equipment and metrics. When the registry fails or too much waits for it,
 * it throws after the handler's work, so that the whole batch is delivered again. Otherwise new equipment would never
 * be registered.
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
