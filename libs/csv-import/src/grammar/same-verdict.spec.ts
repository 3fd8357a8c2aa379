import { Retention } from '@sensorflow/sensor-data';
import { parseReading } from '@sensorflow/sensor-data/parse-reading.js';
import { assert, constantFrom, double, integer, oneof, property, record, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowReader } from './csv-row.js';
import { readColumns } from './file-columns.js';
import { timestampsOf } from './file-timestamps.js';
import { DEFAULT_OPTIONS } from './import-options.js';
import { MissingCells } from './missing-cells.js';

const NOW_EPOCH_MS = Date.parse('2023-06-15T12:30:00Z');

const ids = oneof(
  constantFrom('EQ-1', 'batch', '', 'E'.repeat(128), 'E'.repeat(129), '-EQ', 'Gerät', 'a.b_c:d-e'),
  // A comment has no verdict over HTTP, and blanks around a cell are not its text.
  string({ maxLength: 4 }).map((text) => text.replaceAll('#', '').trim()),
);
const timestamps = oneof(
  record({
    date: constantFrom('2023-02-15', '2023-02-29', '2023-06-15', '2000-01-01', '1969-12-31'),
    joint: constantFrom('T', 't', ' ', '_'),
    time: constantFrom('01:30:00', '24:00:00', '23:59:60', '12:41:00', '01:30', '1:30'),
    fraction: constantFrom('', '.5', '.123456789', '.1234567891', '.'),
    offset: constantFrom('Z', 'z', '', '+01:00', '+0100', '+01', ' UTC', 'GMT', '+15:00', '-12:00'),
  }).map(({ date, joint, time, fraction, offset }) => date + joint + time + fraction + offset),
  constantFrom('', 'yesterday', '1676440800', '2023-02-15'),
);
const numbers = oneof(
  double({ noNaN: true, noDefaultInfinity: true }),
  double({ noNaN: true, min: -1000, max: 1000 }),
  integer(),
  constantFrom(0, -0, 1e-100, 1e101, 1e-101, 1e100, 2 ** 53),
);

/** A row's verdict: what is stored, or the codes of what is wrong. */
function byFile(equipmentId: string, timestamp: string, value: number): unknown {
  const columns = readColumns('equipmentId,timestamp,value', ',', DEFAULT_OPTIONS);
  const rules = {
    decimal: '.',
    missing: new MissingCells(),
    timestamps: timestampsOf(DEFAULT_OPTIONS, Retention.FOREVER),
  } as const;
  const row = new RowReader(columns, rules).read(
    [equipmentId, timestamp, JSON.stringify(value)],
    NOW_EPOCH_MS,
    1,
  );
  return row.ok ? row.reading : row.faults.map(({ code }) => code);
}

function byHttp(equipmentId: string, timestamp: string, value: number): unknown {
  const raw: unknown = JSON.parse(JSON.stringify({ equipmentId, timestamp, value }));
  const reading = parseReading(raw, NOW_EPOCH_MS, Retention.FOREVER);
  return reading.ok ? reading.value : reading.faults.map(({ code }) => inFile(code));
}

/** What would help a number is a parameter over HTTP, and an option of the file. */
function inFile(code: string): string {
  return code === 'timestamp-precision-missing' ? 'timestamp-malformed' : code;
}

describe('a reading of one metric', () => {
  it('has the same verdict in a file as over HTTP, and means the same', () => {
    assert(
      property(ids, timestamps, numbers, (equipmentId, timestamp, value) => {
        expect(byFile(equipmentId, timestamp, value)).toEqual(
          byHttp(equipmentId, timestamp, value),
        );
      }),
      { numRuns: 5000 },
    );
  });
});
