import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shown } from './support/policies.ts';
import {
  at,
  DEV,
  listOf,
  PROD,
  stackOf,
  synthesize,
  templatesOf,
  textOf,
  type StackTemplate,
  type Synthesis,
} from './support/templates.ts';

const FIRST = synthesize(PROD, { isFirstDeployment: true });

describe('a first deployment', () => {
  it('protects nothing, so that a rollback can take everything away', () => {
    expect(FIRST.protectedStacks).toEqual([]);
    expect(protectedResources(FIRST)).toEqual([]);
  });

  it('differs from the next one in nothing else', () => {
    const without = (synthesis: Synthesis) =>
      JSON.stringify([...synthesis.stacks].map(([, { document }]) => document)).replaceAll(
        /("DeletionProtectionEnabled":|"DeletionProtection":|"Key":"deletion_protection.enabled","Value":)(true|false|"[a-zA-Z]+"),?/g,
        '',
      );

    expect(without(FIRST)).toBe(without(templatesOf(PROD)));
  });

  it('leaves protection to the next one: of every stack, table, user pool and load balancer', () => {
    const { protectedStacks } = templatesOf(PROD);

    expect(protectedStacks).toEqual([...templatesOf(PROD).stacks.keys()]);
    expect(protectedResources(templatesOf(PROD)).toSorted()).toEqual(
      [
        ...Array.from({ length: 5 }, () => 'AWS::DynamoDB::GlobalTable'),
        'AWS::Cognito::UserPool',
        ...PROD.regions.map(() => 'AWS::ElasticLoadBalancingV2::LoadBalancer'),
      ].toSorted(),
    );
  });

  it('of an environment that can be destroyed protects what all environments share alone', () => {
    expect(templatesOf(DEV).protectedStacks).toEqual(['delivery']);
    expect(protectedResources(templatesOf(DEV))).toEqual([]);
  });
});

describe('a synthesis by the CDK', () => {
  const synthesis = (context: Readonly<Record<string, string>>) =>
    spawnSync(process.execPath, [join(import.meta.dirname, '../bin/sensorflow.ts')], {
      env: { PATH: process.env['PATH'], CDK_CONTEXT_JSON: JSON.stringify(context) },
      encoding: 'utf8',
    });

  it.each(['firstDeployment', 'examples'])(
    'takes true or false for %s, and nothing that only looks so',
    (name) => {
      const { status, stderr } = synthesis({ env: 'dev', [name]: 'yes' });

      expect(status).not.toBe(0);
      expect(stderr).toContain(`${name} is true or false.`);
    },
  );

  it.each(Object.entries({ dev: DEV, prod: PROD }))(
    'refuses %s for as long as it is the example’s',
    (env, { domainName }) => {
      const { stderr } = synthesis({ env });

      expect(stderr.includes(`domainName: ${domainName} is still the example's`)).toBe(
        domainName.endsWith('.example.com'),
      );
    },
  );
});

describe('the bucket of logs', () => {
  // The load balancer writes into it at once, and a bucket that is not empty cannot be deleted.
  it.each([
    ...PROD.regions.map((region) => [PROD, region] as const),
    [DEV, DEV.regions[0]] as const,
  ])(
    'is left behind rather than let a rollback fail, and has no name that is needed again',
    (deployment, region) => {
      const bucket = stackOf(deployment, region).only('AWS::S3::Bucket', 'logs');

      expect(bucket.document['DeletionPolicy']).toBe('Retain');
      expect(bucket.properties['BucketName']).toBeUndefined();
      expect(at(bucket.properties, 'LifecycleConfiguration.Rules.0.ExpirationInDays')).toBe(
        deployment.logRetentionDays,
      );
    },
  );
});

describe('people and files', () => {
  it('outlive their stack, but not the rollback of its creation', () => {
    const region = stackOf(PROD, PROD.regions[0]);
    const kept = [
      stackOf(PROD, 'identity').only('AWS::Cognito::UserPool'),
      stackOf(PROD, 'delivery').only('AWS::ECR::Repository'),
      region.only('AWS::S3::Bucket', 'uploads'),
      region.only('AWS::S3::Bucket', 'aggregatordiscarded'),
    ];

    for (const { document } of kept) {
      expect(document['DeletionPolicy']).toBe('RetainExceptOnCreate');
      expect(document['UpdateReplacePolicy']).toBe('Retain');
    }
  });
});

describe('the token endpoint', () => {
  const domainOf = (stack: StackTemplate | undefined) =>
    shown(stack?.only('AWS::Cognito::UserPoolDomain').properties['Domain']);

  it('has a name that no other account has', () => {
    expect(domainOf(stackOf(PROD, 'identity'))).toBe('sensorflow-prod-<AWS::AccountId>');
  });

  it('has the name that it is given', () => {
    const { stacks } = synthesize({ ...DEV, authDomainPrefix: 'readings' });

    expect(domainOf(stacks.get('identity'))).toBe('readings');
  });
});

describe('a machine that keeps its token for a day', () => {
  it('has a refresh token of a day, which Cognito requires and which is not used', () => {
    const [machine] = PROD.machineClients;
    const { stacks } = synthesize({
      ...PROD,
      machineClients: [{ name: 'gateway', scopes: machine?.scopes ?? [], tokenMinutes: 1440 }],
    });

    const client = stacks.get('identity')?.only('AWS::Cognito::UserPoolClient', 'machineclient');
    expect(client?.properties).toMatchObject({
      AccessTokenValidity: 1440,
      RefreshTokenValidity: 1440,
      TokenValidityUnits: { AccessToken: 'minutes', RefreshToken: 'minutes' },
    });
  });
});

describe('a new generation of the web client', () => {
  const { stacks } = synthesize({ ...PROD, webClientGeneration: 2 });

  it.each(PROD.regions)('reaches the tasks of %s, id and secret together', (region) => {
    const [before, after] = [stackOf(PROD, region), stacks.get(region)].map((stack) => {
      const task = stack?.only('AWS::ECS::TaskDefinition').properties;
      const container = at(task, 'ContainerDefinitions.0');
      const id = listOf(at(container, 'Environment')).find(
        (one) => at(one, 'Name') === 'COGNITO_CLIENT_ID',
      );
      return [textOf(at(id, 'Value') ?? ''), shown(at(container, 'Secrets.0.ValueFrom'))];
    });

    expect(before?.[0]).toMatch(/FnGetAttwebclientClientId/);
    expect(after?.[0]).toMatch(/FnGetAttwebclient2ClientId/);
    expect(before?.[1]).toMatch(/:secret:sensorflow-prod\/web-client\/secret$/);
    expect(after?.[1]).toMatch(/:secret:sensorflow-prod\/web-client-2\/secret$/);
  });

  it('leaves the old client and its secret to tasks that still know them', () => {
    const old = ['AWS::Cognito::UserPoolClient', 'AWS::SecretsManager::Secret'].map((type) =>
      stackOf(PROD, 'identity').only(type, 'webclient'),
    );

    expect(old.map(({ document }) => document['DeletionPolicy'])).toEqual([
      'RetainExceptOnCreate',
      'RetainExceptOnCreate',
    ]);
    expect(stacks.get('identity')?.resources.map(({ id }) => id)).not.toEqual(
      expect.arrayContaining(old.map(({ id }) => id)),
    );
  });

  it('is the only way to one: whatever else makes Cognito replace a client stays as it is', () => {
    const [first, second] = [stackOf(PROD, 'identity'), stacks.get('identity')].map(
      (stack) => stack?.only('AWS::Cognito::UserPoolClient', 'webclient').properties,
    );

    expect(first).toEqual(second);
    expect(first).toMatchObject({ GenerateSecret: true, UserPoolId: { Ref: 'userpool38E431F2' } });
  });
});

/** Types of what cannot be deleted. */
function protectedResources({ stacks }: Synthesis): readonly string[] {
  return [...stacks.values()]
    .flatMap(({ resources }) => resources)
    .filter(({ properties }) =>
      /"DeletionProtectionEnabled":true|"DeletionProtection":"ACTIVE"|"deletion_protection.enabled","Value":"true"/.test(
        JSON.stringify(properties),
      ),
    )
    .map(({ type }) => type);
}
