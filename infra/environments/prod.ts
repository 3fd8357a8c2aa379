import type { Deployment } from '../lib/deployment.ts';

/** Two Regions, each of which serves alone when it must. */
export const prod: Deployment = {
  name: 'prod',
  regions: ['eu-central-1', 'eu-west-1'],
  domainName: 'sensorflow.example.com',
  hostedZone: { id: 'Z0000000000EXAMPLE', name: 'example.com' },
  frontendUrl: 'https://app.example.com',
  machineClients: [{ name: 'first-machine', scopes: ['sensorflow/write', 'sensorflow/import'] }],
  network: 'nat',
  tasks: { min: 2, max: 20, cpuUnits: 1024, memoryMib: 2048, requestsPerMinute: 210_000 },
  aggregateShards: 8,
  aggregationWindowSeconds: 5,
  sumsWindowSeconds: 10,
  concurrentImports: 20,
  warmThroughput: { writeUnitsPerSecond: 8000, readUnitsPerSecond: 12_000 },
  maxWriteUnitsPerSecond: 40_000,
  keepsData: true,
  isProtected: true,
  uploadRetentionDays: 30,
  logRetentionDays: 30,
  firewall: true,
  monitoring: 'full',
  latencyTargetMs: 100,
  alarmEmail: 'alarms@example.com',
};
