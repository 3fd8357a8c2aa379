import { ALL_SCOPES } from '../../libs/platform/src/resources/identity.ts';
import type { Configuration, Deployment, TaskScale } from './deployment.ts';
import { capacityFaults } from './capacity-faults.ts';
import { faultIf, isWhole } from './fault-if.ts';
import { firstDeploymentFaults } from './first-deployment-faults.ts';

const MIB_OF_GIB = 1024;
/** Smallest and largest memory of a Fargate task, in GiB; whole ones between them. */
const TASK_GIB: Readonly<Record<TaskScale['cpuUnits'], readonly [min: number, max: number]>> = {
  256: [0.5, 2],
  512: [1, 4],
  1024: [2, 8],
  2048: [4, 16],
};

/** Throws an Error that names every fault at once. */
export function checkDeployment(configuration: Configuration): void {
  const { deployment } = configuration;
  const faults = [
    ...shapeFaults(deployment),
    ...clientFaults(deployment),
    ...sizeFaults(deployment),
    ...capacityFaults(deployment),
    ...firstDeploymentFaults(configuration),
  ];
  if (faults.length > 0) {
    throw new Error(`Environment ${deployment.name} is not usable:\n  ${faults.join('\n  ')}`);
  }
}

function shapeFaults(deployment: Deployment): readonly string[] {
  const { name, regions, network, domainName, hostedZone, frontendUrl } = deployment;
  return [
    ...faultIf(!/^[a-z][a-z0-9]{0,9}$/.test(name), 'name: 1 to 10 lower case letters and digits'),
    ...faultIf(new Set(regions).size < regions.length, 'regions: one is named twice'),
    ...faultIf(
      network === 'endpoints' && regions.length > 1,
      'network: endpoints reach no user pool of another Region; use nat or public-ip',
    ),
    ...faultIf(
      domainName !== hostedZone.name && !domainName.endsWith(`.${hostedZone.name}`),
      `domainName: is not in the zone ${hostedZone.name}`,
    ),
    ...faultIf(
      frontendUrl !== 'none' && !isHttpsOrigin(frontendUrl),
      'frontendUrl: an origin such as https://app.example.com, or none',
    ),
  ];
}

function clientFaults({ machineClients }: Deployment): readonly string[] {
  const names = machineClients.map(({ name }) => name);
  const unknown = machineClients.flatMap(({ scopes }) =>
    scopes.filter((scope) => !ALL_SCOPES.includes(scope)),
  );
  const tokenMinutes = machineClients.map((client) => client.tokenMinutes ?? 60);
  return [
    ...faultIf(names.length === 0, 'machineClients: at least one'),
    ...faultIf(new Set(names).size < names.length, 'machineClients: a name is used twice'),
    ...faultIf(
      machineClients.some(({ scopes }) => scopes.length === 0),
      'machineClients: at least one scope each; without any, Cognito gives no token',
    ),
    ...faultIf(unknown.length > 0, `machineClients: unknown scopes ${unknown.join(', ')}`),
    ...faultIf(
      !tokenMinutes.every((minutes) => isWhole(minutes, 5, 1440)),
      'machineClients: tokenMinutes of 5 to 1,440',
    ),
  ];
}

function sizeFaults(deployment: Deployment): readonly string[] {
  const { tasks, concurrentImports, aggregateShards } = deployment;
  const { aggregationWindowSeconds = 1, sumsWindowSeconds = 1 } = deployment;
  const { readingRetentionDays = 4, sweepDelayMinutes = 15, webClientGeneration = 1 } = deployment;
  return [
    ...faultIf(
      !isWhole(tasks.min, 1) || !isWhole(tasks.max, tasks.min),
      'tasks: whole numbers, 1 <= min <= max',
    ),
    ...memoryFaults(tasks),
    ...faultIf(!isWhole(concurrentImports, 2, 1000), 'concurrentImports: 2 to 1,000'),
    ...faultIf(!isWhole(readingRetentionDays, 4, 36_500), 'readingRetentionDays: 4 to 36,500'),
    ...faultIf(!isWhole(aggregateShards, 1, 256), 'aggregateShards: 1 to 256'),
    ...faultIf(!isWhole(aggregationWindowSeconds, 1, 300), 'aggregationWindowSeconds: 1 to 300'),
    ...faultIf(!isWhole(sumsWindowSeconds, 0, 300), 'sumsWindowSeconds: 0 to 300'),
    ...faultIf(!isWhole(sweepDelayMinutes, 0, 1440), 'sweepDelayMinutes: 0 to 1,440'),
    ...faultIf(!isWhole(webClientGeneration, 1, 999), 'webClientGeneration: 1 to 999'),
  ];
}

function memoryFaults({ cpuUnits, memoryMib }: TaskScale): readonly string[] {
  const [min, max] = TASK_GIB[cpuUnits];
  const gib = memoryMib / MIB_OF_GIB;
  return faultIf(
    gib !== min && !isWhole(gib, min, max),
    `tasks: memoryMib of ${min * MIB_OF_GIB} to ${max * MIB_OF_GIB} with ${cpuUnits} cpuUnits, in steps of 1,024`,
  );
}

function isHttpsOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && text.startsWith('https://');
}
