import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at, PROD, regional, textOf } from './support/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const RUNBOOK = readFileSync(join(ROOT, 'infra/runbook.md'), 'utf8');
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
  return [...new Set(words)].filter((one) => !/^(aws|npm) /.test(one));
}

describe('the runbook', () => {
  it('names log messages and codes as the sources have them', () => {
    const named = wordsInBackticks().filter((words) => !alarmIds.has(words));

    expect(named).toEqual(expect.arrayContaining(['hour swept', 'message failed']));
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
});
