import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delivery } from '../environments/delivery.ts';
import { runbookUrl } from '../lib/deployment.ts';
import { at, listOf, PROD, regional, textOf } from './support/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const RUNBOOK = readFileSync(join(ROOT, 'infra/runbook.md'), 'utf8');
const stack = regional(PROD);
const alarms = stack.ofType('AWS::CloudWatch::Alarm').map(({ properties }) => properties);
const named = (id: string) => {
  const alarm = alarms.find(({ AlarmName }) => AlarmName === `sensorflow-prod-${id}`);
  if (alarm === undefined) throw new Error(`no alarm ${id}`);
  return alarm;
};

describe('every alarm', () => {
  it('leads to a section of the runbook, and every section named like an alarm has one', () => {
    const sections = [...RUNBOOK.matchAll(/^## ([a-z-]+)$/gm)].map((match) => match[1] ?? '');
    const ids = alarms.map(({ AlarmName }) => textOf(AlarmName).replace('sensorflow-prod-', ''));

    expect(ids.toSorted()).toEqual(sections.toSorted());
    for (const id of ids) {
      const description = textOf(named(id)['AlarmDescription']);
      expect(description).toMatch(/^(page|ticket): https:/);
      expect(description.endsWith(`${runbookUrl(delivery)}#${id}`)).toBe(true);
    }
  });

  it('tells the topic of its Region, and is quiet where nothing is measured, but where something must be', () => {
    const topic = stack.only('AWS::SNS::Topic', 'alarms').id;
    for (const alarm of alarms) {
      expect(alarm['AlarmActions']).toEqual([{ Ref: topic }]);
      const mustBe = alarm === named('hours-not-closed') ? 'breaching' : 'notBreaching';
      expect(alarm['TreatMissingData']).toBe(mustBe);
    }
  });
});

describe('the objectives', () => {
  it('are 99.95 % of answers: 14.4 times too many errors in an hour, 6 times in six', () => {
    const fast = named('api-errors-fast-burn');
    const slow = named('api-errors-slow-burn');

    expect(fast['Threshold']).toBeCloseTo(14.4 * 0.05, 10);
    expect(periodsOf(fast)).toEqual([3600]);
    expect(slow['Threshold']).toBeCloseTo(6 * 0.05, 10);
    expect(periodsOf(slow)).toEqual([21_600]);
  });

  it('are a p99 of 100 ms over ten minutes', () => {
    expect(named('api-latency')).toMatchObject({
      Threshold: 0.1,
      ExtendedStatistic: 'p99',
      Period: 300,
      EvaluationPeriods: 2,
    });
  });

  it('are aggregates that follow within a minute, and a page at an hour', () => {
    expect(named('aggregates-late')).toMatchObject({
      Threshold: 60_000,
      Period: 60,
      EvaluationPeriods: 5,
    });
    expect(named('aggregates-stalled')).toMatchObject({
      Threshold: 3_600_000,
      MetricName: 'IteratorAge',
    });
    expect(textOf(named('aggregates-stalled')['AlarmDescription'])).toMatch(/^page:/);
  });

  it.each(['aggregates-discarded', 'imports-given-up'])('are none at all of %s', (id) => {
    expect(named(id)).toMatchObject({
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      MetricName: 'ApproximateNumberOfMessagesVisible',
    });
  });
});

describe('the closing of hours', () => {
  it('is watched by what its runs log, a quarter of an hour in a row', () => {
    const filter = stack
      .ofType('AWS::Logs::MetricFilter')
      .find(({ properties }) => properties['FilterPattern'] === '{ $.code = "hours-closed" }');

    expect(at(filter?.properties ?? {}, 'MetricTransformations.0.MetricValue')).toBe(
      '$.hoursBehind',
    );
    expect(named('hours-not-closed')).toMatchObject({
      Threshold: 1,
      Statistic: 'Maximum',
      Period: 300,
      EvaluationPeriods: 3,
    });
  });
});

describe('live readings', () => {
  const lateAlarms = ['live-late', 'live-unheard'].map(named);

  it('are watched where they are published, and where each process receives them', () => {
    const [published, heard] = lateAlarms;
    const filter = stack
      .ofType('AWS::Logs::MetricFilter')
      .find(({ properties }) => properties['FilterPattern'] === '{ $.code = "live-heard-late" }');

    expect(published).toMatchObject({ MetricName: 'IteratorAge', Threshold: 60_000 });
    expect(heard).toMatchObject({ Statistic: 'Maximum', Threshold: 60, Period: 300 });
    expect(heard?.['MetricName']).toEqual(
      at(filter?.properties ?? {}, 'MetricTransformations.0.MetricName'),
    );
    expect(at(filter?.properties ?? {}, 'MetricTransformations.0.MetricValue')).toBe(
      '$.lateSeconds',
    );
    expect(at(filter?.properties ?? {}, 'LogGroupName')).toEqual({
      Ref: stack.only('AWS::Logs::LogGroup', 'apilogs').id,
    });
  });

  it('are late by what the code logs', () => {
    const log = readFileSync(join(ROOT, 'apps/api/src/live-late-log.ts'), 'utf8');

    expect(log).toContain("'live-heard-late'");
    expect(log).toContain('lateSeconds');
  });
});

describe('what only the log says', () => {
  it('is counted: errors of the API, hours that are too large to show, and aggregates that were not their readings', () => {
    const patterns = stack
      .ofType('AWS::Logs::MetricFilter')
      .map(({ properties }) => properties['FilterPattern']);

    expect(patterns).toContain('{ $.level = "error" || $.level = "fatal" }');
    expect(patterns).toContain('{ $.code = "aggregate-too-large" }');
    expect(patterns).toContain('{ $.code = "aggregate-mismatch" }');
  });
});

describe('a deployment', () => {
  it('is rolled back by an alarm that is there before the service', () => {
    const service = stack.only('AWS::ECS::Service');
    const names = listOf(at(service.properties, 'DeploymentConfiguration.Alarms.AlarmNames'));

    expect(names).toEqual([named('api-errors-now')['AlarmName']]);
    expect(
      listOf(service.document['DependsOn']).some((id) =>
        textOf(id).startsWith('alarmsapierrorsnow'),
      ),
    ).toBe(true);
  });
});

function periodsOf(alarm: Parameters<typeof at>[0]): readonly unknown[] {
  const periods = listOf(at(alarm, 'Metrics')).flatMap(
    (metric) => at(metric, 'MetricStat.Period') ?? [],
  );
  return [...new Set(periods)];
}
