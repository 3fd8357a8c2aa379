import { RegisteredMetricNames } from '@sensorflow/sensor-data';
import type { EquipmentRegistry } from './equipment-registry.js';

/** The registry as the source of an equipment's metric names, for the limit on new ones. */
export class RegistryMetricNames extends RegisteredMetricNames {
  constructor(private readonly registry: EquipmentRegistry) {
    super();
  }

  override async namesOf(
    equipmentId: string,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    return this.registry.metricsOf({ equipmentId, limit }, signal);
  }
}
