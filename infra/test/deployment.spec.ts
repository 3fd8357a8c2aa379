import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delivery } from '../environments/delivery.ts';
import { ACKNOWLEDGEMENTS } from '../lib/acknowledgements.ts';
import { checkDeployment } from '../lib/check-deployment.ts';
import type {
  Configuration,
  Delivery,
  Deployment,
  ProvisionedTables,
  TableCapacity,
} from '../lib/deployment.ts';
import { validate } from './support/cloudformation-validator.ts';
import { findingsOf } from './support/rules.ts';
import {
  at,
  ENVIRONMENTS,
  DEV,
  IMAGE_DIGEST,
  listOf,
  objectOf,
  PROD,
  regional,
  synthesize,
  templatesOf,
  textOf,
  type Json,
} from './support/templates.ts';

const FIRST_MACHINE = { name: 'first-machine', scopes: ['sensorflow/write'] };
const OWN_DELIVERY: Delivery = { ...delivery, githubRepository: 'own/sensorflow' };
const EXAMPLE_DELIVERY: Delivery = { ...delivery, githubRepository: 'example/sensorflow' };
const EXAMPLES: Partial<Deployment> = {
  domainName: 'api.example.org',
  hostedZone: { id: 'Z0000000000EXAMPLE', name: 'example.org' },
  frontendUrl: 'https://app.example.org',
  alarmEmail: 'alarms@example.org',
};

function withOwnDomain(change: Partial<Deployment>): Partial<Deployment> {
  return { domainName: 'api.own.org', hostedZone: { id: 'Z1', name: 'own.org' }, ...change };
}

function tableOf(min: number, max: number): TableCapacity {
  return { writeUnits: { min, max }, readUnits: { min, max } };
}

function provisioned(change: Partial<ProvisionedTables>): Partial<Deployment> {
  const tables = { readings: tableOf(5, 100), aggregates: tableOf(5, 100) };
  return { maxWriteUnitsPerSecond: 50_000, provisioned: { ...tables, ...change } };
}

/** As the checks of templates do it: what is still the example's may stay. */
function check(change: Partial<Deployment>, options: Partial<Configuration> = {}): void {
  const deployment = { ...DEV, ...change };
  checkDeployment({ deployment, delivery: OWN_DELIVERY, acceptsExamples: true, ...options });
}

describe('an environment', () => {
  it.each<[string, Partial<Deployment>]>([
    ['name', { name: 'Production' }],
    ['regions', { regions: ['eu-west-1', 'eu-west-1'] }],
    ['network', { network: 'endpoints', regions: ['eu-west-1', 'eu-central-1'] }],
    ['domainName', { domainName: 'sensorflow.example.org' }],
    ['frontendUrl', { frontendUrl: 'http://app.example.com' }],
    ['machineClients', { machineClients: [] }],
    ['machineClients', { machineClients: [{ name: 'a', scopes: ['sensorflow/everything'] }] }],
    ['machineClients', { machineClients: [{ name: 'a', scopes: [] }] }],
    ['machineClients', { machineClients: [{ ...FIRST_MACHINE, tokenMinutes: 1 }] }],
    ['tasks', { tasks: { ...DEV.tasks, min: 3 } }],
    ['tasks', { tasks: { ...DEV.tasks, min: 0.5 } }],
    ['tasks', { tasks: { ...DEV.tasks, cpuUnits: 256, memoryMib: 7777 } }],
    ['tasks', { tasks: { ...DEV.tasks, cpuUnits: 512, memoryMib: 512 } }],
    ['tasks', { tasks: { ...DEV.tasks, cpuUnits: 1024, memoryMib: 2560 } }],
    ['tasks', { tasks: { ...DEV.tasks, cpuUnits: 2048, memoryMib: 17_408 } }],
    ['concurrentImports', { concurrentImports: 1 }],
    ['concurrentImports', { concurrentImports: 50, accountConcurrency: 10 }],
    ['maxWriteUnitsPerSecond', { maxWriteUnitsPerSecond: 0 }],
    ['regions', { regions: ['eu-central-1', 'eu-north-1'] }],
    ['name', { name: 'awsdev' }],
    ['name', { name: 'cognito' }],
    ['aggregateShards', { aggregateShards: 257 }],
    ['readingRetentionDays', { readingRetentionDays: 3 }],
    ['aggregationWindowSeconds', { aggregationWindowSeconds: 301 }],
    ['sumsWindowSeconds', { sumsWindowSeconds: 301 }],
    ['sumsWindowSeconds', { sumsWindowSeconds: 0.5 }],
    ['sweepDelayMinutes', { sweepDelayMinutes: 1441 }],
    ['provisioned', provisioned({ targetPercent: 95 })],
    ['provisioned', provisioned({ readings: tableOf(0, 10) })],
    ['provisioned', provisioned({ readings: tableOf(20, 10) })],
    ['provisioned', provisioned({ aggregates: tableOf(1, 1.5) })],
    ['provisioned', provisioned({ aggregates: tableOf(1, 40_001) })],
    ['provisioned', { ...provisioned({}), maxWriteUnitsPerSecond: 99 }],
    ['webClientGeneration', { webClientGeneration: 0 }],
    ['alarmEmail', { keepsData: true }],
    ['alarmEmail', { alarmEmail: 'somebody' }],
    ['authDomainPrefix', { authDomainPrefix: 'Sensors' }],
    ['authDomainPrefix', { authDomainPrefix: 'my-cognito' }],
    ['reservedConcurrency', { reservedConcurrency: 1 }],
    ['reservedConcurrency', { reservedConcurrency: 100, accountConcurrency: 199 }],
    ['hostedZone', withOwnDomain({ hostedZone: { id: 'Z0000000000EXAMPLE', name: 'own.org' } })],
    ['frontendUrl', withOwnDomain({ frontendUrl: 'https://app.example.com' })],
    ['alarmEmail', withOwnDomain({ alarmEmail: 'alarms@example.com' })],
    ['authDomainPrefix', withOwnDomain({ authDomainPrefix: 'sensorflow-example' })],
  ])('is refused for its %s', (field, change) => {
    expect(() => check(change)).toThrow(new RegExp(`\\n  ${field}: `));
  });

  it.each<[string, Partial<Delivery>]>([
    ['githubRepository', EXAMPLE_DELIVERY],
    ['githubRepository', { githubRepository: 'https://github.com/own/sensorflow' }],
    ['replicaRegions', { replicaRegions: [delivery.region] }],
    ['replicaRegions', { replicaRegions: ['eu-west-1', 'eu-west-1'] }],
    ['regions', { region: 'eu-west-1', replicaRegions: [] }],
  ])('is refused for what all share: %s', (field, change) => {
    const options = { delivery: { ...OWN_DELIVERY, ...change } };

    expect(() => check(withOwnDomain({}), options)).toThrow(new RegExp(`\\n  ${field}: `));
  });

  it('is refused while its domain is the example’s, unless its templates are only looked at', () => {
    expect(() => check(EXAMPLES, { delivery: EXAMPLE_DELIVERY })).not.toThrow();
    expect(() => check(EXAMPLES, { acceptsExamples: false })).toThrow(/\n  domainName: /);
  });

  it('is refused for everything that has to be put in', () => {
    const examples = { deployment: { ...DEV, ...EXAMPLES }, delivery: EXAMPLE_DELIVERY };

    for (const field of [...Object.keys(EXAMPLES), 'githubRepository']) {
      expect(() => checkDeployment(examples)).toThrow(new RegExp(`\\n  ${field}: .*example's`));
    }
  });

  it('is refused for every fault at once', () => {
    const faulty = { name: 'X', concurrentImports: 0, aggregateShards: 0 };

    expect(() => check(faulty)).toThrow(/name: .*\n.*concurrentImports: .*\n.*aggregateShards: /);
  });

  it.each(ENVIRONMENTS.map((deployment) => [deployment.name, deployment] as const))(
    'is accepted: %s',
    (_name, one) => {
      expect(() => check(one)).not.toThrow();
    },
  );

  it.each<[string, Partial<Deployment>]>([
    [
      'reserves what its account leaves over',
      { reservedConcurrency: 100, accountConcurrency: 200 },
    ],
    ['tells somebody of its alarms', { keepsData: true, alarmEmail: 'night-shift@factory.org' }],
    ['provisions its tables', provisioned({ targetPercent: 50 })],
    ['leaves some of its account to other functions', { accountConcurrency: 10 }],
    ['names its token endpoint itself', { name: 'awsdev', authDomainPrefix: 'own-readings' }],
    ['has the least memory', { tasks: { ...DEV.tasks, cpuUnits: 256, memoryMib: 512 } }],
    ['has the most memory', { tasks: { ...DEV.tasks, cpuUnits: 2048, memoryMib: 16_384 } }],
  ])('is accepted when it %s', (_what, change) => {
    expect(() => check(change)).not.toThrow();
  });

  it('is accepted when everything is its own', () => {
    expect(() => check(withOwnDomain({}), { acceptsExamples: false })).not.toThrow();
  });

  it('has its images copied to every Region it is in', () => {
    const needed = ENVIRONMENTS.flatMap(({ regions }) => regions).filter(
      (region) => region !== delivery.region,
    );

    expect(delivery.replicaRegions.toSorted()).toEqual([...new Set(needed)].toSorted());
    expect(ENVIRONMENTS.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...delivery.environments]),
    );
  });
});

describe('a network', () => {
  it.each([
    ['public-ip', 0, 2],
    ['nat', 3, 2],
    ['endpoints', 0, 9],
  ] as const)('of kind %s has %i NAT gateways and %i endpoints', (network, gateways, endpoints) => {
    const { stacks } = synthesize({ ...DEV, network });
    const stack = stacks.get(DEV.regions[0]);

    expect(stack?.ofType('AWS::EC2::NatGateway')).toHaveLength(gateways);
    expect(stack?.ofType('AWS::EC2::VPCEndpoint')).toHaveLength(endpoints);
    expect(stack && validate(stack.document)).toEqual([]);
    expect(stack && findingsOf(stack)).toEqual([]);
  });

  it('has as many zones as its environment says, each with an address of the load balancer', () => {
    const zones = ENVIRONMENTS.map(
      (deployment) =>
        listOf(
          regional(deployment).only('AWS::ElasticLoadBalancingV2::LoadBalancer').properties[
            'Subnets'
          ],
        ).length,
    );

    expect(zones).toEqual([3, 3, 2]);
  });

  it('logs what it rejects, and no flow for each connection that it accepts', () => {
    for (const deployment of ENVIRONMENTS) {
      expect(regional(deployment).only('AWS::EC2::FlowLog').properties['TrafficType']).toBe(
        'REJECT',
      );
    }
  });

  it('gives tasks addresses of their own only where they have no other way out', () => {
    const assigned = ENVIRONMENTS.map((deployment) =>
      at(
        regional(deployment).only('AWS::ECS::Service').properties,
        'NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp',
      ),
    );

    expect(assigned).toEqual(['ENABLED', 'DISABLED', 'ENABLED']);
  });
});

describe('the image', () => {
  it('is taken by digest from the repository of its own Region', () => {
    for (const region of PROD.regions) {
      const image = JSON.stringify(
        at(
          regional(PROD, region).only('AWS::ECS::TaskDefinition').properties,
          'ContainerDefinitions.0.Image',
        ),
      );
      expect(image).toContain(`.dkr.ecr.${region}.`);
      expect(image).toContain(`/sensorflow@${IMAGE_DIGEST}`);
    }
  });

  it('can be built by the deployment itself, without Docker while templates are made', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sensorflow-infra-image-'));
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');

    const { stacks } = synthesize(DEV, { image: { folder } });

    const image = at(
      stacks.get(DEV.regions[0])?.only('AWS::ECS::TaskDefinition').properties,
      'ContainerDefinitions.0.Image',
    );
    expect(JSON.stringify(image)).toContain('container-assets');
  });
});

describe('the page on deployment', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/deploy-to-aws.md'), 'utf8');
  const outputs = [...templatesOf(DEV).stacks]
    .filter(([id]) => id !== 'delivery')
    .flatMap(([, { document }]) => Object.keys(objectOf(document['Outputs'] ?? {})));

  it('names every output that is meant for people', () => {
    // Others are how stacks know each other.
    const meant = outputs.filter((name) => !name.startsWith('PublishOutput'));

    expect(meant.length).toBeGreaterThan(4);
    expect(meant.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('the findings of cdk-nag', () => {
  const reports = ENVIRONMENTS.map((deployment) => nagReport(templatesOf(deployment).folder));

  it('are none without an acknowledgement', () => {
    expect(reports.flatMap(({ violations }) => violations)).toEqual([]);
  });

  it('are acknowledged one by one, with a reason, and none without need', () => {
    const needed = new Set(reports.flatMap(({ suppressed }) => suppressed.map(wherever)));
    const given = ACKNOWLEDGEMENTS.flatMap(({ findings, reason }) =>
      findings.map((finding) => `AwsSolutions-${finding}: ${reason}`),
    );

    expect([...needed].toSorted()).toEqual([...new Set(given)].toSorted());
    for (const { reason } of ACKNOWLEDGEMENTS) expect(reason.length).toBeGreaterThan(20);
  });
});

/** Queues are named by environment and Region. */
function wherever(finding: string): string {
  return finding
    .replace(/:sqs:[a-z0-9-]+:/, ':sqs:<region>:')
    .replace(/sensorflow-\w+-live/, 'sensorflow-<environment>-live');
}

function nagReport(folder: string) {
  const report: Json = JSON.parse(readFileSync(join(folder, 'validation-report.json'), 'utf8'));
  const plugin = at(report, 'pluginReports.0');
  expect(at(plugin, 'pluginName')).toBe('AwsSolutions');
  const list = (name: string) => {
    const found = at(plugin, name);
    return Array.isArray(found) ? found : [];
  };
  return {
    violations: list('violations'),
    suppressed: list('suppressedViolations').map(
      (one: Json) => `${textOf(at(one, 'ruleName'))}: ${textOf(at(one, 'reason'))}`,
    ),
  };
}
