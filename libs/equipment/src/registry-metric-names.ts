import { RegisteredMetricNames } from '@sensorflow/sensor-data';
import type { EquipmentRegistry } from './equipment-registry.js';

/** What the registry knows, for those who take readings in. */
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
