import { FIRST_DEPLOYMENT_RULES } from './first-deployment-rules.ts';
import type { Rule } from './rule.ts';
import { at, listOf, textOf, type Json, type Resource, type StackTemplate } from './templates.ts';

const SSL_POLICY = /^ELBSecurityPolicy-TLS13-1-[23](-Res)?(-PQ)?-20\d\d-\d\d$/;
const TARGET_GROUP_KEYS = new Set([
  'deregistration_delay.timeout_seconds',
  'load_balancing.algorithm.type',
  'stickiness.enabled',
]);

/**
 * What CloudFormation refuses, or takes and does wrong, and neither its schemas nor cdk-nag notice. Each rule
 * says what is wrong in one stack; faults.spec.ts shows that each can.
 */
export const RULES: Readonly<Record<string, Rule>> = {
  'a stream is read from a named position': each(
    'AWS::Lambda::EventSourceMapping',
    ({ properties }) => {
      const isStream =
        properties['MaximumRecordAgeInSeconds'] !== undefined ||
        properties['ParallelizationFactor'] !== undefined;
      return !isStream || properties['StartingPosition'] !== undefined;
    },
  ),
  'a queue batch over 10 has a window': each(
    'AWS::Lambda::EventSourceMapping',
    ({ properties }) => {
      const isQueue = properties['ScalingConfig'] !== undefined;
      return (
        !isQueue ||
        Number(properties['BatchSize']) <= 10 ||
        properties['MaximumBatchingWindowInSeconds'] !== undefined
      );
    },
  ),
  'a health check ends before the next begins': each(
    'AWS::ElasticLoadBalancingV2::TargetGroup',
    ({ properties }) => {
      return (
        Number(properties['HealthCheckTimeoutSeconds']) <
        Number(properties['HealthCheckIntervalSeconds'])
      );
    },
  ),
  'attributes of target groups are known': each(
    'AWS::ElasticLoadBalancingV2::TargetGroup',
    ({ properties }) =>
      listOf(properties['TargetGroupAttributes']).every((one) =>
        TARGET_GROUP_KEYS.has(textOf(at(one, 'Key'))),
      ),
  ),
  'TLS is 1.2 or 1.3 by a policy that exists': each(
    'AWS::ElasticLoadBalancingV2::Listener',
    ({ properties }) => {
      return properties['Protocol'] !== 'HTTPS' || SSL_POLICY.test(textOf(properties['SslPolicy']));
    },
  ),
  'an alarm has a statistic or an expression': each('AWS::CloudWatch::Alarm', ({ properties }) => {
    return ['Statistic', 'ExtendedStatistic', 'Metrics'].some(
      (name) => properties[name] !== undefined,
    );
  }),
  'keys of tables are defined attributes': each('AWS::DynamoDB::GlobalTable', ({ properties }) => {
    const defined = new Set(
      listOf(properties['AttributeDefinitions']).map((one) => at(one, 'AttributeName')),
    );
    return keysOf(properties).every((key) => defined.has(key));
  }),
  'tables with replicas have a stream': each('AWS::DynamoDB::GlobalTable', ({ properties }) => {
    return (
      listOf(properties['Replicas']).length < 2 || properties['StreamSpecification'] !== undefined
    );
  }),
  'what is provisioned follows the load, and has something to begin with': each(
    'AWS::DynamoDB::GlobalTable',
    ({ properties }) =>
      properties['BillingMode'] !== 'PROVISIONED' || rangesOf(properties).every(isRangeWithSeed),
  ),
  'machines have a secret': each('AWS::Cognito::UserPoolClient', ({ properties }) => {
    const isMachine = listOf(properties['AllowedOAuthFlows']).includes('client_credentials');
    return !isMachine || properties['GenerateSecret'] === true;
  }),
  'buckets are closed to the public': each('AWS::S3::Bucket', ({ properties }) => {
    return properties['PublicAccessBlockConfiguration'] !== undefined;
  }),
  'rules of the firewall have an order': each('AWS::WAFv2::WebACL', ({ properties }) => {
    const priorities = listOf(properties['Rules']).map((rule) => at(rule, 'Priority'));
    return new Set(priorities).size === priorities.length;
  }),
  'no role is allowed an action that is not spelled out': (stack) =>
    stack.ofType('AWS::IAM::Policy').flatMap(({ id, properties }) => {
      const actions = listOf(at(properties, 'PolicyDocument.Statement')).flatMap((one) =>
        listOf(at(one, 'Action')),
      );
      return actions.every((action) => /^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$/.test(textOf(action)))
        ? []
        : [id];
    }),
  'alarms tell somebody': each(
    'AWS::CloudWatch::Alarm',
    ({ properties }) => listOf(properties['AlarmActions']).length > 0,
  ),
  // Every deployment would set it, whatever load has made of it.
  'a scaled service has no desired count': each(
    'AWS::ECS::Service',
    ({ properties }) => properties['DesiredCount'] === undefined,
  ),
  ...FIRST_DEPLOYMENT_RULES,
};

/** What all rules find: `rule: logical id`. */
export function findingsOf(stack: StackTemplate): readonly string[] {
  return Object.entries(RULES).flatMap(([name, rule]) => rule(stack).map((id) => `${name}: ${id}`));
}

function each(type: string, holds: (resource: Resource) => boolean): Rule {
  return (stack) =>
    stack
      .ofType(type)
      .filter((one) => !holds(one))
      .map(({ id }) => id);
}

function keysOf(properties: Json): readonly Json[] {
  const indexes = listOf(at(properties, 'GlobalSecondaryIndexes'));
  return [properties, ...indexes]
    .flatMap((one) => listOf(at(one, 'KeySchema')))
    .map((key) => at(key, 'AttributeName'));
}

/** Writes of the table and its indexes; reads of each replica of both. */
function rangesOf(properties: Json): readonly Json[] {
  const indexes = listOf(at(properties, 'GlobalSecondaryIndexes'));
  const replicas = listOf(at(properties, 'Replicas'));
  const ofReplicas = replicas.flatMap((one) =>
    [one].concat(listOf(at(one, 'GlobalSecondaryIndexes'))),
  );
  return [
    ...[properties, ...indexes].map((one) =>
      at(one, 'WriteProvisionedThroughputSettings.WriteCapacityAutoScalingSettings'),
    ),
    ...ofReplicas.map((one) =>
      at(one, 'ReadProvisionedThroughputSettings.ReadCapacityAutoScalingSettings'),
    ),
  ];
}

function isRangeWithSeed(range: Json): boolean {
  const [min, max, seed] = ['MinCapacity', 'MaxCapacity', 'SeedCapacity'].map((name) =>
    Number(at(range, name)),
  );
  return Number(min) >= 1 && Number(max) >= Number(min) && Number(seed) >= Number(min);
}
