import { describe, expect, it } from 'vitest';
import { validate } from './support/cloudformation-validator.ts';
import { listOfObjects, objectIn, planted, type Fault, type Seed } from './support/faults.ts';
import { FIRST_DEPLOYMENT_FAULTS } from './support/first-deployment-faults.ts';
import { findingsOf, RULES } from './support/rules.ts';
import {
  ENVIRONMENTS,
  PROD,
  PROVISIONED,
  stackOf,
  templatesOf,
  type StackTemplate,
} from './support/templates.ts';

const REGION = PROD.regions[0];

/** Each was tried: the validator that runs with every synthesis says nothing of it. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'a stream without a starting position': {
    rule: 'a stream is read from a named position',
    stack: REGION,
    type: 'AWS::Lambda::EventSourceMapping',
    idPart: 'readingsstream',
    plant: (properties) => delete properties['StartingPosition'],
  },
  'a large queue batch without a window': {
    rule: 'a queue batch over 10 has a window',
    stack: REGION,
    type: 'AWS::Lambda::EventSourceMapping',
    idPart: 'uploads',
    plant: (properties) => (properties['BatchSize'] = 100),
  },
  'a health check that outlasts its interval': {
    rule: 'a health check ends before the next begins',
    stack: REGION,
    type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
    plant: (properties) => (properties['HealthCheckTimeoutSeconds'] = 20),
  },
  'an attribute that no target group has': {
    rule: 'attributes of target groups are known',
    stack: REGION,
    type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
    plant: (properties) =>
      (properties['TargetGroupAttributes'] = [
        { Key: 'deregistration_delay.seconds', Value: '30' },
      ]),
  },
  'a TLS policy that does not exist': {
    rule: 'TLS is 1.2 or 1.3 by a policy that exists',
    stack: REGION,
    type: 'AWS::ElasticLoadBalancingV2::Listener',
    idPart: 'https',
    plant: (properties) => (properties['SslPolicy'] = 'ELBSecurityPolicy-TLS14-2030-01'),
  },
  'an alarm on no statistic': {
    rule: 'an alarm has a statistic or an expression',
    stack: REGION,
    type: 'AWS::CloudWatch::Alarm',
    idPart: 'importswaiting',
    plant: (properties) => delete properties['Statistic'],
  },
  'an alarm that tells nobody': {
    rule: 'alarms tell somebody',
    stack: REGION,
    type: 'AWS::CloudWatch::Alarm',
    idPart: 'importswaiting',
    plant: (properties) => delete properties['AlarmActions'],
  },
  'a replicated table without a stream': {
    rule: 'tables with replicas have a stream',
    stack: 'data',
    type: 'AWS::DynamoDB::GlobalTable',
    idPart: 'readings',
    plant: (properties) => delete properties['StreamSpecification'],
  },
  'a key that is no attribute': {
    rule: 'keys of tables are defined attributes',
    stack: 'data',
    type: 'AWS::DynamoDB::GlobalTable',
    idPart: 'readings',
    plant: (properties) =>
      (properties['AttributeDefinitions'] = [{ AttributeName: 'equipmentId', AttributeType: 'S' }]),
  },
  'a provisioned table whose copy does not follow its load': {
    rule: 'what is provisioned follows the load, and has something to begin with',
    deployment: PROVISIONED,
    stack: 'data',
    type: 'AWS::DynamoDB::GlobalTable',
    idPart: 'readings',
    plant: (properties) => {
      const [, second] = listOfObjects(properties['Replicas']);
      if (second) {
        second['ReadProvisionedThroughputSettings'] = { ReadCapacityUnits: 100 };
      }
    },
  },
  'a table that would leave on demand with nothing': {
    rule: 'what is provisioned follows the load, and has something to begin with',
    deployment: PROVISIONED,
    stack: 'data',
    type: 'AWS::DynamoDB::GlobalTable',
    idPart: 'readings',
    plant: (properties) =>
      delete objectIn(
        properties,
        'WriteProvisionedThroughputSettings',
        'WriteCapacityAutoScalingSettings',
      )['SeedCapacity'],
  },
  'a machine without a secret': {
    rule: 'machines have a secret',
    stack: 'identity',
    type: 'AWS::Cognito::UserPoolClient',
    idPart: 'machineclient',
    plant: (properties) => (properties['GenerateSecret'] = false),
  },
  'a bucket that may be opened': {
    rule: 'buckets are closed to the public',
    stack: REGION,
    type: 'AWS::S3::Bucket',
    idPart: 'uploads',
    plant: (properties) => delete properties['PublicAccessBlockConfiguration'],
  },
  'two firewall rules in one place': {
    rule: 'rules of the firewall have an order',
    stack: REGION,
    type: 'AWS::WAFv2::WebACL',
    plant: (properties) => {
      for (const rule of listOfObjects(properties['Rules'])) rule['Priority'] = 1;
    },
  },
  'a role that may do anything to tables': {
    rule: 'no role is allowed an action that is not spelled out',
    stack: REGION,
    type: 'AWS::IAM::Policy',
    idPart: 'apitaskrole',
    plant: (properties) =>
      (properties['PolicyDocument'] = {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: 'dynamodb:*',
            Resource: 'arn:aws:dynamodb:eu-central-1:123456789012:table/x',
          },
        ],
      }),
  },
  'a deployment that takes back what load has scaled out': {
    rule: 'a scaled service has no desired count',
    stack: REGION,
    type: 'AWS::ECS::Service',
    plant: (properties) => (properties['DesiredCount'] = 2),
  },
  ...FIRST_DEPLOYMENT_FAULTS,
};

describe('the templates as they are', () => {
  it.each(
    [...ENVIRONMENTS, PROVISIONED].flatMap((deployment) =>
      [...templatesOf(deployment).stacks].map(
        ([id, stack]) => [deployment.name, id, stack] as const,
      ),
    ),
  )('satisfy the validator and our rules: %s %s', (_name, _id, stack) => {
    expect(validate(stack.document)).toEqual([]);
    expect(findingsOf(stack)).toEqual([]);
  });
});

describe('a fault that the validator sees', () => {
  it.each<[string, Seed]>([
    [
      'a processor size that Fargate does not have',
      {
        stack: REGION,
        type: 'AWS::ECS::TaskDefinition',
        plant: (properties) => (properties['Cpu'] = '300'),
      },
    ],
    [
      'a property that does not exist',
      {
        stack: 'data',
        type: 'AWS::DynamoDB::GlobalTable',
        plant: (properties) => (properties['Streams'] = true),
      },
    ],
    [
      'a dependency that is said twice',
      {
        stack: REGION,
        type: 'AWS::Lambda::Function',
        idPart: 'csvimporter',
        plant: ({ Role: role }, resource) => (resource['DependsOn'] = roleId(role)),
      },
    ],
    [
      'a value that does not exist',
      {
        stack: 'data',
        type: 'AWS::DynamoDB::GlobalTable',
        plant: (properties) => (properties['BillingMode'] = 'FREE'),
      },
    ],
  ])('ends a synthesis: %s', (_name, seed) => {
    expect(validate(faulty(seed).document)).not.toEqual([]);
  });
});

describe('a fault that the validator does not see', () => {
  it.each(Object.entries(FAULTS))('%s is found by our rule', (_name, fault) => {
    const template = faulty(fault);

    expect(validate(template.document)).toEqual([]);
    const rules = findingsOf(template).map((finding) => finding.split(':')[0]);
    expect([...new Set(rules)]).toEqual([fault.rule]);
  });

  it('is planted for every rule', () => {
    const found = new Set(Object.values(FAULTS).map(({ rule }) => rule));

    expect([...found].toSorted()).toEqual(Object.keys(RULES).toSorted());
  });
});

/** The role's logical id, of `Fn::GetAtt`. */
function roleId(role: unknown): unknown {
  const [id] = Object.values(objectIn({ role }, 'role')).flat();
  return id;
}

function faulty(seed: Seed): StackTemplate {
  return planted(stackOf(seed.deployment ?? PROD, seed.stack), seed);
}
