import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clientSecretName } from '../lib/names.ts';
import { at, PROD, regional, templatesOf, textOf } from './support/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const RUNBOOK = readFileSync(join(ROOT, 'infra/runbook.md'), 'utf8');
const [, KEPT = ''] = RUNBOOK.split('### What a deleted stack keeps');
/** Clients go with their user pool. */
const DELETED_BY: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::GlobalTable': 'aws dynamodb delete-table',
  'AWS::S3::Bucket': 'aws s3 rb --force',
  'AWS::SecretsManager::Secret': '--force-delete-without-recovery',
  'AWS::Cognito::UserPool': 'aws cognito-idp delete-user-pool',
  'AWS::Cognito::UserPoolClient': 'aws cognito-idp delete-user-pool',
  'AWS::ECR::Repository': 'aws ecr delete-repository',
};
const [, FIRST_DEPLOYMENT = ''] = RUNBOOK.split('## First deployment, step by step');
const SOURCES = globSync('{apps,libs}/*/src/**/*.ts', { cwd: ROOT })
  .filter((file) => !file.endsWith('.spec.ts'))
  .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  .join('\n');

const alarmIds = new Set(
  regional(PROD)
    .ofType('AWS::CloudWatch::Alarm')
    .map(({ properties }) => textOf(properties['AlarmName']).replace('sensorflow-prod-', '')),
);

/** What stands in backticks and is more than one lower-case word: log messages, codes, alarms. */
function wordsInBackticks(): readonly string[] {
  const words = [...RUNBOOK.matchAll(/`([a-z]+(?:[ -][a-z]+)+)`/g)].map(([, one = '']) => one);
  return [...new Set(words)].filter((one) => !/^(aws |cdk |npm |sensorflow-prod-)/.test(one));
}

describe('the runbook', () => {
  it('names log messages and codes as the sources have them', () => {
    const named = wordsInBackticks().filter((words) => !alarmIds.has(words));

    expect(named).toEqual(expect.arrayContaining(['hour verified', 'message failed']));
    expect(named.filter((words) => !SOURCES.includes(`'${words}'`))).toEqual([]);
  });

  it.each(PROD.regions)(
    'takes what was given up from where the stack of %s says it lies',
    (region) => {
      const stack = regional(PROD, region);
      const bucket = stack.only('AWS::S3::Bucket', 'aggregatordiscarded');
      const queue = stack.only('AWS::SQS::Queue', 'aggregatordiscardednotices');

      expect(RUNBOOK).toMatch(/`DiscardedNoticesQueueUrl`, `DiscardedBucket`/);
      expect(at(stack.document, 'Outputs.DiscardedBucket.Value')).toEqual({ Ref: bucket.id });
      expect(at(stack.document, 'Outputs.DiscardedNoticesQueueUrl.Value')).toEqual({
        Ref: queue.id,
      });
    },
  );

  it('says of every stack what a first deployment may run into', () => {
    const [table = ''] = FIRST_DEPLOYMENT.split('### Start over');
    const steps = table.split('\n').flatMap((line) => /^\| `?([\w ]+)`? +\|/.exec(line)?.[1] ?? []);

    expect(new Set(steps.map((step) => step.trim()))).toEqual(
      new Set([
        'step',
        'account',
        'environment',
        'bootstrap',
        'image',
        'delivery',
        'data',
        'identity',
        'a Region',
        'alarms',
        'DNS',
        'protection',
      ]),
    );
    expect(FIRST_DEPLOYMENT).toContain('### Start over');
  });

  it('names settings and switches that there are', () => {
    const settings = ['lib/deployment.ts', 'bin/sensorflow.ts'];
    const texts = settings.map((file) => readFileSync(join(ROOT, 'infra', file), 'utf8'));
    const code = [...texts, SOURCES].join('\n');
    const named = [...RUNBOOK.matchAll(/`([a-z]+(?:[A-Z][a-z]+)+)(?:=true|: true)?`/g)];

    expect(named.length).toBeGreaterThan(8);
    expect(named.map(([, name = '']) => name).filter((name) => !code.includes(name))).toEqual([]);
  });

  it('says how to delete all that a deleted stack keeps and the next one cannot create again', () => {
    const kept = [...templatesOf(PROD).stacks.values()]
      .flatMap(({ resources }) => resources)
      .filter(({ document }) => textOf(document['DeletionPolicy'] ?? '').startsWith('Retain'));

    expect(kept.length).toBeGreaterThan(10);
    for (const { type } of kept) expect(KEPT).toContain(DELETED_BY[type] ?? `a way to ${type}`);
    const names = kept.flatMap(({ properties }) =>
      ['TableName', 'RepositoryName', 'Name'].flatMap((key) => properties[key] ?? []),
    );
    for (const name of names) expect(KEPT).toContain(`\`${textOf(name)}\``);
    expect(KEPT).toContain('`sensorflow-prod-uploads-<account>-<region>`');
  });

  it('is wrapped', () => {
    const lines = RUNBOOK.split('\n').filter((line) => !line.startsWith('|'));

    expect(lines.filter((line) => line.length > 130)).toEqual([]);
  });

  it('unlocks and deletes what is there', () => {
    expect(FIRST_DEPLOYMENT).toContain(
      `destroy data identity ${PROD.regions.join(' ')} -c env=prod`,
    );
    expect(RUNBOOK).toContain(clientSecretName(PROD));
    expect(RUNBOOK).toContain(clientSecretName({ ...PROD, webClientGeneration: 2 }));
  });
});
