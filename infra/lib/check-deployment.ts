import { ALL_SCOPES } from '../../libs/platform/src/resources/identity.ts';
import type { Deployment } from './deployment.ts';
import { firstDeploymentFaults } from './first-deployment-faults.ts';

/** Throws an Error that names every fault at once. */
export function checkDeployment(deployment: Deployment): void {
  const faults = [
    ...shapeFaults(deployment),
    ...sizeFaults(deployment),
    ...firstDeploymentFaults(deployment),
  ];
  if (faults.length > 0) {
    throw new Error(`Environment ${deployment.name} is not usable:\n  ${faults.join('\n  ')}`);
  }
}

function shapeFaults(deployment: Deployment): readonly string[] {
  const { name, regions, network, domainName, hostedZone, frontendUrl, machineClients } =
    deployment;
  const unknown = machineClients.flatMap(({ scopes }) =>
    scopes.filter((scope) => !ALL_SCOPES.includes(scope)),
  );
  const names = machineClients.map((client) => client.name);
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
    ...faultIf(names.length === 0, 'machineClients: at least one'),
    ...faultIf(new Set(names).size < names.length, 'machineClients: a name is used twice'),
    ...faultIf(unknown.length > 0, `machineClients: unknown scopes ${unknown.join(', ')}`),
  ];
}

function sizeFaults(deployment: Deployment): readonly string[] {
  const { tasks, concurrentImports, aggregateShards } = deployment;
  const { aggregationWindowSeconds = 1, readingRetentionDays = 4 } = deployment;
  const { sweepDelayMinutes = 15, webClientGeneration = 1 } = deployment;
  const tokenMinutes = deployment.machineClients.map((client) => client.tokenMinutes ?? 60);
  return [
    ...faultIf(
      !tokenMinutes.every((minutes) => isWhole(minutes, 5, 1440)),
      'machineClients: tokenMinutes of 5 to 1,440',
    ),
    ...faultIf(tasks.min < 1 || tasks.max < tasks.min, 'tasks: 1 <= min <= max'),
    ...faultIf(!isWhole(concurrentImports, 2, 1000), 'concurrentImports: 2 to 1,000'),
    ...faultIf(!isWhole(readingRetentionDays, 4, 36_500), 'readingRetentionDays: 4 to 36,500'),
    ...faultIf(!isWhole(aggregateShards, 1, 256), 'aggregateShards: 1 to 256'),
    ...faultIf(!isWhole(aggregationWindowSeconds, 1, 300), 'aggregationWindowSeconds: 1 to 300'),
    ...faultIf(!isWhole(sweepDelayMinutes, 0, 1440), 'sweepDelayMinutes: 0 to 1,440'),
    ...faultIf(!isWhole(webClientGeneration, 1, 999), 'webClientGeneration: 1 to 999'),
  ];
}

function faultIf(isFault: boolean, text: string): readonly string[] {
  return isFault ? [text] : [];
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function isHttpsOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text && text.startsWith('https://');
}
