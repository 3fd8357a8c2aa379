import type { Deployment } from '../lib/deployment.ts';

/**
 * The least that keeps its data: about $55 a month in all while a million readings come in it (`npm run cost`).
 * What it gives up against prod:
 * - a second Region: while its own is down, it is down; and a third zone: one that fails takes half of the tasks;
 * - a firewall: floods of logins are slowed by the API alone, and addresses of ill repute are let in;
 * - private tasks: they have addresses of their own to call AWS from. They cannot be called: their security group lets
 *   in the load balancer alone;
 * - dashboard and Container Insights: alarms come all the same;
 * - room: no table takes more than 200 blocks a second, which is as many readings when each comes alone; and a large
 *   batch takes a quarter of a processor four times as long as a whole one.
 */
export const small: Deployment = {
  name: 'small',
  regions: ['eu-central-1'],
  domainName: 'sensorflow-small.example.com',
  hostedZone: { id: 'Z0000000000EXAMPLE', name: 'example.com' },
  frontendUrl: 'none',
  // Cognito bills tokens: a day each is $0.07 a month, an hour each $1.64.
  machineClients: [
    {
      name: 'first-machine',
      scopes: ['sensorflow/write', 'sensorflow/import'],
      tokenMinutes: 1440,
    },
  ],
  network: 'public-ip',
  availabilityZones: 2,
  // With 512 MiB, a burst of large batches would not fit beside the API.
  tasks: { min: 2, max: 4, cpuUnits: 256, memoryMib: 1024, requestsPerMinute: 52_500 },
  aggregateShards: 1,
  concurrentImports: 2,
  // A client that writes as fast as this all month costs $330.
  maxWriteUnitsPerSecond: 200,
  keepsData: true,
  isProtected: true,
  uploadRetentionDays: 30,
  logRetentionDays: 30,
  firewall: false,
  monitoring: 'alarms',
  latencyTargetMs: 500,
  alarmEmail: 'alarms@example.com',
};
