import { parseInstant } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { recordOf } from './cip-record.js';

function readingAt(text: string) {
  const timestamp = parseInstant(text);
  if (!timestamp.ok) throw new Error(timestamp.fault.detail);
  return {
    equipmentId: 'estacao_cip',
    timestamp: timestamp.value,
    values: new Map([
      ['temperature', 20.81],
      ['speed', 3],
    ]),
    tags: new Map([['cip_id', '1']]),
    registerTime: timestamp.value,
  };
}

describe('a reading in the words of the earlier service', () => {
  it.each([
    ['2023-02-15T01:30:59.999Z', 'America/Sao_Paulo', '2023-02-14', '22:30:59'],
    ['2023-07-01T22:00:00Z', 'Europe/Berlin', '2023-07-02', '00:00:00'],
    ['2023-02-15T00:00:00Z', 'UTC', '2023-02-15', '00:00:00'],
  ])('has the date and time of %s in %s', (instant, zone, date, time) => {
    expect(recordOf(readingAt(instant), zone)).toMatchObject({ date, time });
  });

  it('has its quantities, and tells that it knows no more', () => {
    expect(recordOf(readingAt('2023-02-15T00:00:00Z'), 'UTC')).toMatchObject({
      sensor: 'estacao_cip',
      quantities: { temperature: 20.81 },
      cipId: '1',
      statusCip: null,
      timestamp: '2023-02-15T00:00:00.000Z',
    });
  });

  it('has an id that is the same each time, and another for another instant', () => {
    const [one, again, other] = ['00', '00', '01'].map(
      (second) => recordOf(readingAt(`2023-02-15T00:00:${second}Z`), 'UTC').id,
    );

    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });
});
