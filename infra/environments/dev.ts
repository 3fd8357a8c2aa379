import { ALL_SCOPES } from '../../libs/platform/src/resources/identity.ts';
import type { Deployment } from '../lib/deployment.ts';

/** One Region, as cheap as it can be; it can be destroyed, data and all, once its buckets are empty. */
export const dev: Deployment = {
  name: 'dev',
  regions: ['eu-central-1'],
  domainName: 'sensorflow-dev.example.com',
  hostedZone: { id: 'Z0000000000EXAMPLE', name: 'example.com' },
  frontendUrl: 'none',
  machineClients: [{ name: 'first-machine', scopes: ALL_SCOPES }],
  network: 'public-ip',
  tasks: { min: 1, max: 2, cpuUnits: 512, memoryMib: 1024, requestsPerMinute: 105_000 },
  aggregateShards: 1,
  concurrentImports: 2,
  maxWriteUnitsPerSecond: 1000,
  keepsData: false,
  isProtected: false,
  uploadRetentionDays: 7,
  logRetentionDays: 7,
  firewall: false,
  monitoring: 'alarms',
  latencyTargetMs: 1000,
};
