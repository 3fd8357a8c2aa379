import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aStoredReading } from '../../../../test/support/readings.js';
import { fromReadingItem, toReadingItem } from './reading-item.js';

const sound = toReadingItem(aStoredReading());

describe('the item of a reading', () => {
  it('has a value when that is the only metric', () => {
    const reading = aStoredReading({ value: 78.42, registerTime: '2023-09-01T00:00:00.731Z' });

    expect(toReadingItem(reading)).toEqual({
      equipmentId: { S: 'EQ-12495' },
      timestamp: { S: '2023-02-15T06:30:00.000000000Z' },
      value: { N: '78.42' },
      registerTime: { S: '2023-09-01T00:00:00.731000000Z' },
    });
  });

  it('has values and tags otherwise', () => {
    const reading = aStoredReading({ values: { value: 1, p: 1e-7 }, tags: { cipId: 'CIP_001' } });

    expect(toReadingItem(reading)).toMatchObject({
      values: { M: { value: { N: '1' }, p: { N: '1e-7' } } },
      tags: { M: { cipId: { S: 'CIP_001' } } },
    });
    expect(toReadingItem(reading)).not.toHaveProperty('value');
  });

  it('says when it expires, if it does, and means the same reading', () => {
    const reading = aStoredReading();
    const item = toReadingItem(reading, 1_795_384_343);

    expect(item).toEqual({ ...sound, expiresAt: { N: '1795384343' } });
    expect(fromReadingItem(item)).toEqual(reading);
  });

  it('gives back every double as it was, also in the notation that DynamoDB answers with', () => {
    const double = fc.double({ min: -1e100, max: 1e100, noNaN: true }).map((value) => value + 0);
    fc.assert(
      fc.property(double, fc.boolean(), (value, alone) => {
        const reading = aStoredReading({ values: alone ? { value } : { a: value, b: 1 } });

        expect(fromReadingItem(toReadingItem(reading))).toEqual(reading);
      }),
    );
    const answered = { ...sound, value: { N: '1E+100' } };
    expect(fromReadingItem(answered).values.get('value')).toBe(1e100);
  });

  it('may carry attributes of other purposes', () => {
    expect(fromReadingItem({ ...sound, expiresAt: { N: '1' } })).toEqual(aStoredReading());
  });

  it.each([
    ['no equipment', { ...sound, equipmentId: { N: '1' } }],
    ['no instant', { ...sound, timestamp: { S: 'yesterday' } }],
    ['an instant in another form', { ...sound, timestamp: { S: '2023-02-15T06:30:00Z' } }],
    ['no registerTime', { ...sound, registerTime: { S: '' } }],
    ['no metric', { ...sound, value: { S: '1' } }],
    ['empty values', { ...sound, value: { S: '' }, values: { M: {} } }],
    ['text for a number', { ...sound, value: { N: 'x' } }],
    ['a number beyond doubles', { ...sound, value: { N: '1e999' } }],
    ['a tag that is no text', { ...sound, tags: { M: { a: { N: '1' } } } }],
  ])('is refused with %s', (_, item) => {
    expect(() => fromReadingItem(item)).toThrow(/unreadable/);
  });
});
