import { deepEqual, equal } from 'node:assert/strict';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { LocalStack } from '../support/local-stack.js';
import { randomFrom, type Random } from '../support/seeded-random.js';
import {
  allReadings,
  importFile,
  undoneImport,
  type AggregatedHour,
} from '../support/sensorflow.js';
import { ValueLog } from '../support/value-log.js';

const SEQUENCES = process.env['SENSORFLOW_FAULTS'] === 'short' ? 8 : 50;
/** As many as the importer has workers, each for a caller of its own, who may have one import at a time. */
const AT_ONCE = 3;
const OPERATIONS = 12;
const METRICS = ['p', 't'] as const;
const RANGE = { from: '2023-02-15T00:00:00Z', to: '2023-02-16T00:00:00Z' };

let stack: LocalStack;
let admin: ApiClient;
let callers: readonly ApiClient[];

beforeAll(async () => {
  stack = await LocalStack.start();
  const client = await ApiClient.connect(stack.announcement.baseUrl);
  admin = client.withToken(await machineToken(stack.announcement));
  const keys = await Promise.all(Array.from({ length: AT_ONCE }, aKey));
  callers = keys.map((key) => client.withToken(key));
});
afterAll(async () => {
  await stack.stopAndForget();
});

async function aKey(): Promise<string> {
  const scopes = ['sensorflow/read', 'sensorflow/write', 'sensorflow/import'];
  const made = await admin.post('/api-keys', { name: 'undo', scopes, ratePerMinute: 60_000 });
  return made.body.key;
}

/** Imports, corrections, removals and undos of one equipment, and the same in a plain model. */
class Sequence {
  readonly log = new ValueLog();
  private readonly imports: string[] = [];
  private values = 0;

  constructor(
    private readonly equipmentId: string,
    private readonly caller: ApiClient,
    private readonly random: Random,
  ) {}

  async step(): Promise<void> {
    const kind = this.below(10);
    if (kind < 4) return this.import();
    if (kind < 6) return this.correct();
    if (kind < 8) return this.remove();
    return this.undo();
  }

  private async import(): Promise<void> {
    const rows = Array.from({ length: 1 + this.below(20) }, () => ({
      timestamp: this.instant(),
      values: METRICS.map(() => (this.below(3) === 0 ? undefined : this.value())),
    })).filter(({ values }) => values.some((value) => value !== undefined));
    if (rows.length === 0) return;
    const lines = rows.map(({ timestamp, values }) =>
      [this.equipmentId, timestamp, ...values.map((value) => value ?? '')].join(','),
    );
    const csv = ['equipmentId,timestamp,p,t', ...lines].join('\n');
    const { status, uploadId } = await importFile(this.caller, `${this.equipmentId}.csv`, csv);
    equal(status, 'completed');
    this.imports.push(uploadId);
    for (const { timestamp, values } of rows) {
      for (const [index, value] of values.entries()) {
        if (value !== undefined) this.log.say(timestamp, METRICS[index] ?? '', value, uploadId);
      }
    }
  }

  private async correct(): Promise<void> {
    const [metric, timestamp, value] = [this.metric(), this.instant(), this.value()];
    const reading = { equipmentId: this.equipmentId, timestamp, values: { [metric]: value } };
    equal((await this.caller.post('/sensor-data', reading)).status, 201);
    this.log.say(timestamp, metric, value);
  }

  private async remove(): Promise<void> {
    const timestamp = this.instant();
    const metric = this.below(2) === 0 ? undefined : this.metric();
    const path = `/sensor-data/${this.equipmentId}/${timestamp}`;
    const { status } = await admin.send('DELETE', path, { query: { metric } });
    equal(status, this.log.remove(timestamp, metric) ? 204 : 404);
  }

  private async undo(): Promise<void> {
    const [uploadId] = this.imports.splice(this.below(this.imports.length), 1);
    if (uploadId === undefined) return;
    const hours = this.log.hoursOf(uploadId);
    await undoneImport(this.caller, uploadId);
    this.log.undo(uploadId);
    // At once: `undone` says that its own hours are right.
    for (const metric of METRICS) {
      const [shown, expected] = [await this.shownHours(metric), this.log.hours(metric)].map((all) =>
        all.filter(([hour = 0]) => hours.has(hour)),
      );
      deepEqual(shown, expected);
    }
    deepEqual(await this.shownReadings(), this.log.readings());
  }

  /** Hours that a correction or a removal has changed follow within seconds. */
  async compare(): Promise<void> {
    deepEqual(await this.shownReadings(), this.log.readings());
    for (const metric of METRICS) {
      const expected = JSON.stringify(this.log.hours(metric));
      await eventually(
        async () => this.shownHours(metric),
        (hours) => JSON.stringify(hours) === expected,
      );
    }
  }

  private async shownReadings() {
    const shown = await allReadings(this.caller, this.equipmentId);
    return shown.map(({ timestamp, values }) => ({ timestamp, values }));
  }

  /** None where the metric never had a value. */
  private async shownHours(metric: string): Promise<readonly (readonly number[])[]> {
    const query = { ...RANGE, metric, equipmentId: this.equipmentId };
    const { body } = await this.caller.get('/sensor-data/aggregated', query);
    return (body.items ?? []).map((item: AggregatedHour) => [
      item.intervalStart,
      item.sampleCount,
      item.totalValue,
    ]);
  }

  /** Few, so that they meet. */
  private instant(): string {
    const hour = this.below(4);
    return `2023-02-15T0${hour}:0${this.below(3)}:00.000Z`;
  }

  private below(end: number): number {
    return Math.floor(this.random() * end);
  }

  private metric(): string {
    return METRICS[this.below(2)] ?? '';
  }

  private value(): number {
    this.values += 1;
    return this.values;
  }
}

describe(`${SEQUENCES} random sequences of imports, corrections, removals and undos`, () => {
  it('leave what a plain model of them says, in readings and aggregates', async () => {
    const numbers = Array.from({ length: SEQUENCES }, (_, n) => n);

    const play = async (caller: ApiClient): Promise<void> => {
      for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) {
        const sequence = new Sequence(`EQ-SEQUENCE-${n}`, caller, randomFrom(n));
        for (let step = 0; step < OPERATIONS; step += 1) await sequence.step();
        await sequence.compare();
      }
    };
    await Promise.all(callers.map(play));

    const verified = await admin.get('/sensor-data/aggregated/verify', RANGE);
    expect([verified.status, verified.body.differences]).toEqual([200, []]);
  });
});
