export { DayTrends, type DayTrend } from './day-trends.js';
export { EquipmentRegistrar } from './equipment-registrar.js';
export { EquipmentRegistry } from './equipment-registry.js';
export { AcceptedChanges, type ChangeListener } from './fleet-states/accepted-changes.js';
export { KnownEquipment } from './known-equipment.js';
export { RegisteredMetrics } from './registered-metrics.js';
export { RegistryMetricNames } from './registry-metric-names.js';
