export { EquipmentRegistrar } from './equipment-registrar.js';
export {
  EquipmentRegistry,
  MOST_LISTED_METRICS,
  MOST_PAIRS_PER_CALL,
  type EquipmentMetric,
  type MetricsQuery,
  type RegisteredEquipment,
} from './equipment-registry.js';
export { RegisteredMetrics } from './registered-metrics.js';
export { RegistryMetricNames } from './registry-metric-names.js';
