import { describe, expect, it } from 'vitest';
import { TABLES } from '../../libs/platform/src/resources/tables.ts';
import { tableName } from '../lib/names.ts';
import { permissionsOfRole, shown } from './support/policies.ts';
import {
  at,
  DEV,
  listOf,
  PROD,
  regional,
  stackOf,
  templatesOf,
  textOf,
  type StackTemplate,
} from './support/templates.ts';

const [PRIMARY, SECOND] = [PROD.regions[0], PROD.regions[1] ?? ''];

describe('two Regions', () => {
  it('share the tables that are said to be shared, in one global table each', () => {
    const shared = TABLES.filter((table) => table.scope === 'every-region');
    const tables = stackOf(PROD, 'data').ofType('AWS::DynamoDB::GlobalTable');

    expect(tables.map(({ properties }) => textOf(properties['TableName'])).toSorted()).toEqual(
      shared.map((table) => tableName('prod', table)).toSorted(),
    );
    for (const { properties } of tables) {
      expect(regionsOf(properties['Replicas'])).toEqual([...PROD.regions].toSorted());
    }
  });

  it.each(PROD.regions)('never share aggregates: %s has its own', (region) => {
    const aggregates = regional(PROD, region).only('AWS::DynamoDB::GlobalTable').properties;

    expect(aggregates['TableName']).toBe('sensorflow-prod-aggregate');
    expect(regionsOf(aggregates['Replicas'])).toEqual([region]);
  });

  it.each(PROD.regions)('recompute from their own replica alone: %s', (region) => {
    const permissions = permissionsOfRole(regional(PROD, region), 'aggregatorstreamaggregator');
    const arns = permissions
      .flatMap(({ resources }) => resources)
      .filter((arn) => arn.startsWith('arn:aws:dynamodb'));

    expect(arns.length).toBeGreaterThan(1);
    expect(arns.filter((arn) => !arn.startsWith(`arn:aws:dynamodb:${region}:`))).toEqual([]);
  });

  it('read the stream of the readings in their own Region', () => {
    const sources = PROD.regions.map((region) => readingsSource(regional(PROD, region)));

    expect(sources[0]).toContain('StreamArn');
    expect(sources[1]).toContain('Table.LatestStreamArn');
    const lookup = regional(PROD, SECOND).only('Custom::AWS').properties;
    expect(lookup['Create']).toContain('"TableName":"sensorflow-prod-readings"');
    expect(lookup['Create']).not.toContain('"region"');
  });

  it('have one reader of the readings stream each', () => {
    for (const region of PROD.regions) {
      const mappings = regional(PROD, region).ofType('AWS::Lambda::EventSourceMapping');
      expect(mappings.filter(({ id }) => id.includes('readingsstream'))).toHaveLength(1);
    }
  });

  it('answer by one name, the nearer healthy one first', () => {
    const records = PROD.regions.map(
      (region) => regional(PROD, region).only('AWS::Route53::RecordSet').properties,
    );

    expect(records.map((record) => record['Name'])).toEqual([
      `${PROD.domainName}.`,
      `${PROD.domainName}.`,
    ]);
    expect(records.map((record) => record['Region'])).toEqual([...PROD.regions]);
    expect(new Set(records.map((record) => record['SetIdentifier'])).size).toBe(2);
    expect(records.map((record) => at(record, 'AliasTarget.EvaluateTargetHealth'))).toEqual([
      true,
      true,
    ]);
  });

  it.each(PROD.regions)('lose their callers once they are not ready for 90 s: %s', (region) => {
    const stack = regional(PROD, region);
    const check = stack.only('AWS::Route53::HealthCheck');
    const balancer = stack.only('AWS::ElasticLoadBalancingV2::LoadBalancer');

    expect(stack.only('AWS::Route53::RecordSet').properties['HealthCheckId']).toEqual({
      Ref: check.id,
    });
    expect(check.properties['HealthCheckConfig']).toMatchObject({
      Type: 'HTTPS',
      ResourcePath: '/health/ready',
      FullyQualifiedDomainName: { 'Fn::GetAtt': [balancer.id, 'DNSName'] },
      EnableSNI: true,
      RequestInterval: 30,
      FailureThreshold: 3,
    });
  });

  it('log people in through the one user pool', () => {
    expect(endpointOf(PRIMARY)).toBeUndefined();
    expect(endpointOf(SECOND)).toBe(`https://cognito-idp.${PRIMARY}.amazonaws.com`);
  });

  it('have the client secret beside their tasks', () => {
    const secret = stackOf(PROD, 'identity').only('AWS::SecretsManager::Secret').properties;
    const containers = at(
      regional(PROD, SECOND).only('AWS::ECS::TaskDefinition').properties,
      'ContainerDefinitions.0',
    );

    expect(listOf(secret['ReplicaRegions']).map((replica) => at(replica, 'Region'))).toEqual([
      SECOND,
    ]);
    expect(shown(at(containers, 'Secrets.0.ValueFrom'))).toBe(
      `arn:aws:secretsmanager:${SECOND}:<AWS::AccountId>:secret:sensorflow-prod/web-client/secret`,
    );
  });

  it('raise an alarm when replicas are late', () => {
    const alarm = regional(PROD).only('AWS::CloudWatch::Alarm', 'alarmsreplicationlate').properties;

    expect(alarm).toMatchObject({ MetricName: 'ReplicationLatency', Threshold: 5000 });
    expect(
      regional(DEV)
        .ofType('AWS::CloudWatch::Alarm')
        .some(({ id }) => id.includes('replication')),
    ).toBe(false);
  });
});

describe('one Region', () => {
  it('has no paid health checks, because there is no other Region', () => {
    expect(regional(DEV).ofType('AWS::Route53::HealthCheck')).toEqual([]);
  });

  it('needs no function to be deployed, only the three that it is made of', () => {
    const functions = [...templatesOf(DEV).stacks.values()].flatMap((stack) =>
      stack.ofType('AWS::Lambda::Function'),
    );

    expect(functions).toHaveLength(3);
  });
});

function regionsOf(replicas: Parameters<typeof listOf>[0]): readonly unknown[] {
  return listOf(replicas)
    .map((replica) => textOf(at(replica, 'Region')))
    .toSorted();
}

function readingsSource(stack: StackTemplate): string {
  const mapping = stack
    .ofType('AWS::Lambda::EventSourceMapping')
    .find(({ id }) => id.includes('readingsstream'));
  return JSON.stringify(mapping?.properties['EventSourceArn']);
}

function endpointOf(region: string) {
  const task = regional(PROD, region).only('AWS::ECS::TaskDefinition').properties;
  const variables = listOf(at(task, 'ContainerDefinitions.0.Environment'));
  return at(
    variables.find((one) => at(one, 'Name') === 'AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER'),
    'Value',
  );
}
