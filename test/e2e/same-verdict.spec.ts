import * as fc from 'fast-check';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, machineToken } from '../support/api-client.js';
import { importFile } from '../support/sensorflow.js';

let api: ApiClient;

beforeAll(async () => {
  const stack = inject('stack');
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
});

interface Sent {
  readonly equipmentId: string;
  readonly timestamp: string;
  readonly value: number;
}

const READINGS = 150;
const AT_A_TIME = 15;
const SEED = 20_230_215;

/** `@` is in its place something that no other reading has. */
const ids = fc.oneof(
  { weight: 15, arbitrary: fc.constant('SV-@') },
  fc.constantFrom(
    'batch',
    'live',
    '',
    `SV-@${'E'.repeat(130)}`,
    '-EQ',
    'Gerät',
    'SV@.b_c:d-e',
    'a;b"c',
  ),
);
/** From EARLIEST_TIMESTAMP on: earlier ones are refused in JSON alone. */
const timestamps = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('2023-02-15', '2024-02-29', '2023-02-29', '2000-01-02', '2999-01-01'),
        fc.constantFrom('T', 'T', 't', ' ', '_'),
        fc.constantFrom('01:30:00', '24:00:00', '23:59:60', '12:41:00', '01:30', '1:30'),
        fc.constantFrom('', '', '.5', '.123456789', '.1234567891', '.'),
        fc.constantFrom('Z', 'Z', 'z', '', '+01:00', '+0530', '+01', ' UTC', 'GMT', '+15:00'),
      )
      .map((parts) => parts.join('')),
  },
  { weight: 4, arbitrary: fc.constantFrom('2023-02-15T01:30:00Z', '2023-02-15 01:30+05:30') },
  fc.constantFrom('yesterday', '1676440800', '2023-02-15', ''),
);
const values = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  { weight: 4, arbitrary: fc.double({ noNaN: true, min: -1000, max: 1000 }) },
  fc.integer(),
  fc.constantFrom(0, -0, 1e-100, 1e101, 1e-101, 1e100, 2 ** 53, 0.1),
);

/** The same readings by every door, each of equipment of its own. */
function readingsFor(door: string): readonly Sent[] {
  const readings = fc.record({ equipmentId: ids, timestamp: timestamps, value: values });
  const sampled = fc.sample(readings, { numRuns: READINGS, seed: SEED });
  return sampled.map(({ equipmentId, timestamp, value }, at) => {
    return { equipmentId: equipmentId.replace('@', `${door}${at}`), timestamp, value };
  });
}

/** What is stored of a reading, or the code of its first fault. */
type Verdict = { readonly timestamp: string; readonly values: object } | string;

async function bySingles(): Promise<readonly Verdict[]> {
  return inTurns(readingsFor('s'), async (reading) => {
    const { status, body } = await api.post('/sensor-data', reading);
    return status === 201 ? storedOf(reading) : inFile(body.errors[0].code);
  });
}

async function byBatch(): Promise<readonly Verdict[]> {
  const readings = readingsFor('b');
  const { body } = await api.post('/sensor-data/batch', readings);
  const rejected = new Map<number, string>();
  for (const { index, code } of body.rejected) {
    if (!rejected.has(index)) rejected.set(index, inFile(code));
  }
  return inTurns(readings, async (reading, at) => rejected.get(at) ?? storedOf(reading));
}

async function byFile(): Promise<readonly Verdict[]> {
  const readings = readingsFor('f');
  const rows = readings.map(({ equipmentId, timestamp, value }) =>
    [equipmentId, timestamp, JSON.stringify(value)].map(quoted).join(),
  );
  const done = await importFile(api, 'a.csv', `equipmentId,timestamp,value\n${rows.join('\n')}\n`);
  const report = await (await fetch(done.errorReportUrl)).text();
  const codes = new Map(
    Array.from(report.matchAll(/^"(\d+)","([a-z-]+)"/gm), ([, line, code]) => [Number(line), code]),
  );
  return inTurns(readings, async (reading, at) => codes.get(at + 2) ?? storedOf(reading));
}

async function storedOf({ equipmentId }: Sent): Promise<Verdict> {
  const { status, body } = await api.get(`/sensor-data/${equipmentId}`);
  if (status !== 200 || body.items.length !== 1) return `${status} ${JSON.stringify(body)}`;
  const [{ timestamp, values: stored }] = body.items;
  return { timestamp, values: stored };
}

async function inTurns<T, R>(all: readonly T[], work: (one: T, at: number) => Promise<R>) {
  const done: R[] = [];
  for (let at = 0; at < all.length; at += AT_A_TIME) {
    const some = all.slice(at, at + AT_A_TIME);
    done.push(...(await Promise.all(some.map((one, n) => work(one, at + n)))));
  }
  return done;
}

/** What would help a number is a parameter over HTTP, and an option of the file. */
function inFile(code: string): string {
  return code === 'timestamp-precision-missing' ? 'timestamp-malformed' : code;
}

function quoted(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}

describe('a reading of one metric', () => {
  it('has the same verdict alone, in a batch and in a file, and means the same', async () => {
    const [singles, batch, file] = await Promise.all([bySingles(), byBatch(), byFile()]);

    expect(batch).toEqual(singles);
    expect(file).toEqual(singles);
    const accepted = singles.filter((verdict) => typeof verdict !== 'string');
    expect(accepted.length).toBeGreaterThan(READINGS / 10);
    expect(new Set(singles.filter((verdict) => typeof verdict === 'string')).size).toBeGreaterThan(
      5,
    );
  });
});
