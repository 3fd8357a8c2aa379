import { EPOCH_UNITS, type Instant, type Parsed } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { parseJsonTimestamp } from '@sensorflow/sensor-data/json-timestamp.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anInstant } from '../../../../test/support/readings.js';
import { parseTimestampFormat } from './timestamp-format.js';
import { timestampReader } from './timestamp-reader.js';

const NOW = Date.UTC(2026, 0, 1);
const EARLIEST = anInstant('2000-01-01T00:00:00Z');
const RETENTION = Retention.ofDays(9000);

function readFromFile(text: string, format: string): Parsed<Instant> {
  const parsed = parseTimestampFormat(format);
  if (!parsed.ok) throw new Error(format);
  const options = { format: parsed.value, timezone: undefined, repeatedHour: 'reject' } as const;
  return timestampReader(options, RETENTION).read(text, NOW);
}

/** The instant, or the code of the fault. */
function verdictOf(parsed: Parsed<Instant>): string {
  return parsed.ok ? parsed.value : parsed.fault.code;
}

const isoTexts = fc
  .tuple(
    fc.constantFrom(
      '2023-02-15',
      '2001-02-28',
      '2023-02-30',
      '1999-12-31',
      '1970-01-01',
      '2026-01-01',
      '2999-01-01',
    ),
    fc.constantFrom('T', 't', ' ', '_', ''),
    fc.constantFrom(
      '01:30:00',
      '00:09',
      '23:59:59.999999999',
      '00:10:00.000000001',
      '24:00:00',
      '1:30',
      '01:30:00,5',
      '',
    ),
    fc.constantFrom('Z', '+01:00', '+0100', '-05', ' UTC', 'GMT', '+15:00', ' +01', 'CET', ''),
  )
  .map((parts) => parts.join(''));

describe('a timestamp', () => {
  it('has one verdict in JSON and in a file, whatever its form', () => {
    fc.assert(
      fc.property(isoTexts, (text) => {
        const file = readFromFile(text, 'iso');
        const json = parseJsonTimestamp(text, NOW, RETENTION, { earliest: EARLIEST });

        const isTooEarly = file.ok && file.value < EARLIEST;
        expect([text, verdictOf(json)]).toEqual([
          text,
          isTooEarly ? 'timestamp-too-early' : verdictOf(file),
        ]);
      }),
      { numRuns: 2000 },
    );
  });

  it('has one verdict in JSON and in a file that says what its numbers count', () => {
    const numbers = fc
      .tuple(
        fc.constantFrom('', '', '', '-'),
        fc.oneof(
          fc.constantFrom('1676440800', '946684799', '12', '1767225601', '253402300800'),
          fc.nat().map(String),
        ),
        fc.constantFrom('', '000', '123456', '123456789', '1234567890'),
        fc.constantFrom('', '.5', '.123', '.123456789', '.1234567891', '.', '.0000000000'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(numbers, fc.constantFrom(...EPOCH_UNITS), (text, precision) => {
        const file = readFromFile(text, `epoch-${precision}`);
        const json = parseJsonTimestamp(text, NOW, RETENTION, { earliest: EARLIEST, precision });

        const isTooEarly = file.ok && file.value < EARLIEST;
        expect([text, verdictOf(json)]).toEqual([
          text,
          isTooEarly ? 'timestamp-too-early' : verdictOf(file),
        ]);
      }),
      { numRuns: 2000 },
    );
  });
});
