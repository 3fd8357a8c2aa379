import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delivery } from '../environments/delivery.ts';
import { IMAGE_REPOSITORY } from '../lib/names.ts';
import { permissionsOfRole, shown } from './support/policies.ts';
import { at, ENVIRONMENTS, DEV, listOf, stackOf, synthesize } from './support/templates.ts';

const stack = stackOf(DEV, 'delivery');
const roles = stack.ofType('AWS::IAM::Role');

describe('what GitHub may do', () => {
  it.each(delivery.environments)(
    'is for jobs of this repository and environment %s alone',
    (environment) => {
      const role = roles.find(
        ({ properties }) => properties['RoleName'] === `sensorflow-deploy-${environment}`,
      );
      const statements = listOf(at(role?.properties, 'AssumeRolePolicyDocument.Statement'));

      expect(statements).toHaveLength(1);
      expect(at(statements[0], 'Action')).toBe('sts:AssumeRoleWithWebIdentity');
      expect(at(statements[0], 'Condition')).toEqual({
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': `repo:${delivery.githubRepository}:environment:${environment}`,
        },
      });
    },
  );

  it.each(delivery.environments)('is to act as the roles of cdk bootstrap: %s', (environment) => {
    const permissions = permissionsOfRole(stack, `deploy${environment}`);
    const assumed = permissions.find(({ action }) => action === 'sts:AssumeRole')?.resources ?? [];

    expect(assumed).toHaveLength(4 * (1 + delivery.replicaRegions.length));
    for (const arn of assumed) {
      expect(arn).toMatch(/:role\/cdk-hnb659fds-[a-z-]+-role-<AWS::AccountId>-[a-z0-9-]+$/);
    }
  });

  it('is to push to the one repository for the environment that builds, and nothing else', () => {
    const [building, deploying] = delivery.environments.map((environment) =>
      permissionsOfRole(stack, `deploy${environment}`).flatMap(({ action }) =>
        action === 'sts:AssumeRole' ? [] : [action],
      ),
    );

    expect(building).toContain('ecr:PutImage');
    expect(building?.filter((action) => !action.startsWith('ecr:'))).toEqual([]);
    expect(building).not.toContain('ecr:BatchDeleteImage');
    expect(deploying).toEqual([]);
  });

  it('hangs on the provider that an account has already, where it says so', () => {
    const existing = synthesize(DEV, { delivery: { ...delivery, hasGithubProvider: true } });
    const providers = [stack, existing.stacks.get('delivery')].map((one) =>
      one?.ofType('AWS::IAM::OIDCProvider'),
    );
    const trusted = existing.stacks
      .get('delivery')
      ?.ofType('AWS::IAM::Role')
      .map(({ properties }) =>
        shown(at(properties, 'AssumeRolePolicyDocument.Statement.0.Principal.Federated')),
      );

    expect(providers.map((one) => one?.length)).toEqual([1, 0]);
    expect(new Set(trusted)).toEqual(
      new Set(['arn:aws:iam::<AWS::AccountId>:oidc-provider/token.actions.githubusercontent.com']),
    );
  });

  it('is what the workflows take', () => {
    const workflow = (name: string) =>
      readFileSync(join(import.meta.dirname, '../../.github/workflows', name), 'utf8');

    expect(workflow('deploy.yml')).toContain(
      `role/sensorflow-deploy-${delivery.environments[0]}\n`,
    );
    expect(workflow('deploy.yml')).toContain(`"$REGISTRY/${IMAGE_REPOSITORY}:`);
    expect(workflow('deploy-environment.yml')).toContain(
      'role/sensorflow-deploy-${{ inputs.environment }}\n',
    );
  });

  it('needs no key: there is no user', () => {
    expect(stack.ofType('AWS::IAM::User')).toEqual([]);
    expect(stack.ofType('AWS::IAM::AccessKey')).toEqual([]);
  });
});

describe('the image repository', () => {
  const repository = stack.only('AWS::ECR::Repository').properties;

  it('never lets a tag change its meaning, and looks for known faults', () => {
    expect(repository['ImageTagMutability']).toBe('IMMUTABLE');
    expect(at(repository, 'ImageScanningConfiguration.ScanOnPush')).toBe(true);
  });

  it('is copied to the other Regions', () => {
    const rule = at(
      stack.only('AWS::ECR::ReplicationConfiguration').properties,
      'ReplicationConfiguration.Rules.0',
    );

    expect(listOf(at(rule, 'Destinations')).map((one) => at(one, 'Region'))).toEqual([
      ...delivery.replicaRegions,
    ]);
  });
});

describe('an image that was pushed', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const replicas = (status: string) =>
    delivery.replicaRegions.map((region) => ({ region, status }));

  /** Each look gets the next answer; the last one stays. */
  function awaitImage(...answers: readonly object[][]) {
    const folder = mkdtempSync(join(tmpdir(), 'sensorflow-aws-'));
    writeFileSync(
      join(folder, 'answers'),
      answers.map((one) => JSON.stringify({ replicationStatuses: one })).join('\n'),
    );
    writeFileSync(
      join(folder, 'aws'),
      `#!/bin/sh
cd ${folder} && echo "$*" >> calls && head -n 1 answers
[ "$(grep -c '' answers)" -gt 0 ] && sed -i 1d answers
exit 0
`,
      { mode: 0o755 },
    );
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(import.meta.dirname, '../bin/await-image.ts'), digest, '1'],
      { env: { PATH: `${folder}:/usr/bin:/bin` }, encoding: 'utf8' },
    );
    const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
    rmSync(folder, { recursive: true });
    return { status, stderr, calls };
  }

  it('is waited for until every Region has its copy', () => {
    const { status, calls } = awaitImage([], replicas('IN_PROGRESS'), replicas('COMPLETE'));

    expect(status).toBe(0);
    expect(calls).toHaveLength(3);
    expect(calls[0]).toContain(
      `describe-image-replication-status --region ${delivery.region} --repository-name ${IMAGE_REPOSITORY}`,
    );
    expect(calls[0]).toContain(`imageDigest=${digest}`);
  });

  it('ends the delivery when a copy fails', () => {
    const { status, stderr } = awaitImage(replicas('FAILED'));

    expect(status).toBe(1);
    expect(stderr).toContain(`could not be copied to ${delivery.replicaRegions.join(', ')}`);
  });

  it('ends the delivery when a copy does not come', () => {
    const waiting = Array.from({ length: 50 }, () => replicas('IN_PROGRESS'));

    const { status, stderr } = awaitImage(...waiting);

    expect(status).toBe(1);
    expect(stderr).toContain('is not in every Region after 1 s');
  });

  it.each([[[]], [['latest']], [[digest, 'soon']]])(
    'has to be named by its digest; without it, the answer says how: %j',
    (args) => {
      const script = join(import.meta.dirname, '../bin/await-image.ts');
      const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
        env: { PATH: '/nowhere' },
        encoding: 'utf8',
      });

      expect(status).toBe(1);
      expect(stderr).toBe(
        'Say which image, and for how long: npx node infra/bin/await-image.ts sha256:… [seconds]\n',
      );
    },
  );

  it('is waited for before any environment is deployed', () => {
    const workflow = readFileSync(
      join(import.meta.dirname, '../../.github/workflows/deploy.yml'),
      'utf8',
    );
    const building = permissionsOfRole(stack, `deploy${delivery.environments[0]}`);

    expect(workflow.indexOf('node infra/bin/await-image.ts "$DIGEST"')).toBeGreaterThan(
      workflow.indexOf('docker buildx build'),
    );
    expect(building.map(({ action }) => action)).toContain('ecr:DescribeImageReplicationStatus');
  });
});

describe('the delivery stack', () => {
  it('is the same whichever environment is deployed', () => {
    const [first, second] = ENVIRONMENTS.map(
      (deployment) => stackOf(deployment, 'delivery').document,
    );

    expect(first).toEqual(second);
  });
});
