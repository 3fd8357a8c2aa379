import type { Deployment } from '../lib/deployment.ts';

/** How readings come, and where SensorFlow runs. */
export interface Design {
  readonly name: string;
  readonly sending: Sending;
  readonly readingsPerEquipmentAndHour: number;
  readonly capacity: 'on-demand' | 'provisioned';
  /** How long the fleet's sums may do without what has come: an hour's cell is recomputed no more often. */
  readonly refreshSeconds: number;
  /** Of the stream of readings, and of the aggregates' own. */
  readonly windowSeconds: number;
  readonly sumsWindowSeconds: number;
  /** As of an environment: 0 when hours are not verified by themselves. */
  readonly sweepDelayMinutes: number;
  readonly regions: number;
  readonly availabilityZones: number;
  readonly firewall: boolean;
  readonly network: 'nat' | 'public-ip';
  readonly monitoring: Deployment['monitoring'];
  readonly logLevel: 'info' | 'warn';
  readonly tasks: Pick<Deployment['tasks'], 'min' | 'cpuUnits' | 'memoryMib'>;
  readonly tokenMinutes: number;
}

export interface Sending {
  /** `csv` for files, which no request of the API carries. */
  readonly readingsPerRequest: number | 'csv';
  /** Readings of one equipment that arrive together; of a file, an hour of them. */
  readonly packed: Packed;
  /** Whether equipment keeps its connection between two requests. */
  readonly keepsConnection: boolean;
}

/** What becomes of them: hours that they belong to, blocks, and bytes of these in all. */
export interface Packed {
  readonly readings: number;
  readonly hours: number;
  readonly blocks: number;
  readonly bytes: number;
}

export const HOURS = 730;
export const SECONDS = HOURS * 3600;
export const GB = 1e9;

/** In a month. */
export function requestsOf(readings: number, { sending }: Design): number {
  return sending.readingsPerRequest === 'csv' ? 0 : readings / sending.readingsPerRequest;
}

export function equipmentHoursOf(readings: number, design: Design): number {
  return readings / design.readingsPerEquipmentAndHour;
}

export function blocksOf(readings: number, { sending }: Design): number {
  return (readings * sending.packed.blocks) / sending.packed.readings;
}
