import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delivery } from '../environments/delivery.ts';
import { IMAGE_REPOSITORY } from '../lib/names.ts';
import { permissionsOfRole } from './support/policies.ts';
import { at, BOTH, DEV, listOf, stackOf } from './support/templates.ts';

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

describe('the delivery stack', () => {
  it('is the same whichever environment is deployed', () => {
    const [first, second] = BOTH.map((deployment) => stackOf(deployment, 'delivery').document);

    expect(first).toEqual(second);
  });
});
