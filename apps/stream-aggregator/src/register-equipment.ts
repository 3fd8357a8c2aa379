import type { EquipmentRegistrar } from '@sensorflow/aggregation';
import { sentMetricsOf } from '@sensorflow/aggregation/dynamodb/sent-metrics.js';
import type { RemainingTime, StreamBatchResponse } from './stream-batch-handler.js';

type StreamBatchHandler = (event: unknown, context: RemainingTime) => Promise<StreamBatchResponse>;

/**
 * The handler, which then registers the equipment of the batch and what it measures. Throws when it
 * cannot, so that the whole batch is delivered again: nobody else would register what is new in it.
 */
export function registeringEquipment(
  registrar: EquipmentRegistrar,
  handler: StreamBatchHandler,
): StreamBatchHandler {
  return async (event, context) => {
    const response = await handler(event, context);
    await registrar.register(sentMetricsOf(event));
    return response;
  };
}
