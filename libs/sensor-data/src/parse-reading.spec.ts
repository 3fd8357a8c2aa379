import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anInstant } from '../../../test/support/readings.js';
import { parseReading } from './parse-reading.js';
import { Retention } from './retention.js';

const NOW = Date.UTC(2023, 8, 1);

const valid = {
  equipmentId: 'EQ-12495',
  timestamp: '2023-02-15T01:30:00.000-05:00',
  value: 78.42,
};

/** Pointer and code of every fault, one text each. */
function faultsOf(raw: unknown): readonly string[] {
  const parsed = parseReading(raw, NOW, Retention.FOREVER);
  return parsed.ok ? [] : parsed.faults.map(({ pointer, code }) => `${pointer} ${code}`);
}

function objectOf(count: number, prefix: string, member: unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`${prefix}${i}`, member]));
}

describe('a valid reading', () => {
  it('is taken with its instant in UTC', () => {
    expect(parseReading(valid, NOW, Retention.FOREVER)).toEqual({
      ok: true,
      value: {
        equipmentId: 'EQ-12495',
        timestamp: '2023-02-15T06:30:00.000000000Z',
        values: new Map([['value', 78.42]]),
        tags: new Map(),
      },
    });
  });

  it('may have several metrics and tags', () => {
    const raw = {
      equipmentId: 'EQ-1:pressure',
      timestamp: '2023-02-15T06:30:00Z',
      values: { temperature: 75.5, pressure: -2.3 },
      tags: { cipId: 'CIP_001' },
    };

    expect(parseReading(raw, NOW, Retention.FOREVER)).toMatchObject({
      ok: true,
      value: {
        values: new Map([
          ['temperature', 75.5],
          ['pressure', -2.3],
        ]),
        tags: new Map([['cipId', 'CIP_001']]),
      },
    });
  });

  it('may have the metric value among others, and names that objects are born with', () => {
    const raw = { ...valid, value: undefined, values: { value: 1, constructor: 2, toString: 3 } };
    const { value: _, ...withoutValue } = raw;

    expect(parseReading(withoutValue, NOW, Retention.FOREVER)).toMatchObject({
      value: {
        values: new Map([
          ['value', 1],
          ['constructor', 2],
          ['toString', 3],
        ]),
      },
    });
  });

  it('has the metrics that have a value: null is the same as leaving one out', () => {
    const { value: _, ...rest } = valid;
    const a1 = { value: { values: new Map([['a', 1]]) } };
    const parsed = (raw: unknown) => parseReading(raw, NOW, Retention.FOREVER);

    expect(parsed({ ...rest, values: { a: 1, b: null, constructor: null } })).toMatchObject(a1);
    expect(parsed({ ...valid, value: null, values: { a: 1 } })).toMatchObject(a1);
  });

  it('may have 64 metrics and 16 tags', () => {
    const { value: _, ...rest } = valid;
    const raw = { ...rest, values: objectOf(64, 'm', 1), tags: objectOf(16, 't', 'x') };

    expect(faultsOf(raw)).toEqual([]);
  });

  it.each(['a', '0', `a${'b'.repeat(127)}`, 'EQ-1:pressure', 'Batch', 'batch1', 'toString'])(
    'may come from equipment %s',
    (equipmentId) => {
      expect(faultsOf({ ...valid, equipmentId })).toEqual([]);
    },
  );

  it.each([
    [-0, 0],
    [1e-100, 1e-100],
    [-1e100, -1e100],
    [0.1 + 0.2, 0.1 + 0.2],
  ])('may have the value %d', (value, kept) => {
    const parsed = parseReading({ ...valid, value }, NOW, Retention.FOREVER);

    expect(parsed.ok && parsed.value.values.get('value')).toBe(kept);
  });

  it('is one reading in ten offsets', () => {
    const offsets = [
      '-05:00',
      '-12:00',
      '+14:00',
      '+05:45',
      '-09:30',
      '+00:00',
      '+01:00',
      '+12:45',
    ];
    const instant = Date.UTC(2023, 1, 15, 6, 30);
    const texts = [...offsets, '-03:30', '+08:00'].map((offset) => {
      const sign = offset.startsWith('-') ? -1 : 1;
      const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
      const local = new Date(instant + sign * (hours * 60 + minutes) * 60_000);
      return `${local.toISOString().slice(0, 19)}${offset}`;
    });

    const keys = texts.map((timestamp) => {
      const parsed = parseReading({ ...valid, timestamp }, NOW, Retention.FOREVER);
      return parsed.ok && parsed.value.timestamp;
    });

    expect(texts).toHaveLength(10);
    expect(new Set(keys)).toEqual(new Set(['2023-02-15T06:30:00.000000000Z']));
  });

  it('may be ten minutes ahead, and not a nanosecond more', () => {
    expect(faultsOf({ ...valid, timestamp: '2023-09-01T00:10:00Z' })).toEqual([]);
    expect(faultsOf({ ...valid, timestamp: '2023-09-01T00:10:00.000000001Z' })).toEqual([
      '/timestamp timestamp-in-future',
    ]);
  });
});

describe('an invalid reading', () => {
  it.each([
    ['null', null],
    ['nothing', undefined],
    ['an array', [valid]],
    ['a text', 'reading'],
    ['a number', 1],
    ['true', true],
  ])('is %s instead of an object', (_, raw) => {
    expect(faultsOf(raw)).toEqual([' reading-not-an-object']);
  });

  it('has every fault named at once', () => {
    const raw: unknown = JSON.parse(
      `{"equipmentId": "../x", "timestamp": "2023-02-30T00:00:00Z", "values":
        {"a/b": 1, "c~d": 2, "ok": "1.5", "huge": 1e400, "": null}, "tags": {"t": 5}, "unit": "C",
        "__proto__": {"value": 1}}`,
    );

    expect(faultsOf(raw)).toEqual([
      '/unit unknown-property',
      '/__proto__ unknown-property',
      '/equipmentId equipment-id-invalid',
      '/timestamp timestamp-not-a-date',
      '/values/a~1b metric-name-invalid',
      '/values/c~0d metric-name-invalid',
      '/values/ok value-not-a-number',
      '/values/huge value-out-of-range',
      '/values/ metric-name-invalid',
      '/tags/t tags-invalid',
    ]);
  });

  it('lacks what every reading has', () => {
    expect(faultsOf({})).toEqual([
      '/equipmentId equipment-id-missing',
      '/timestamp timestamp-missing',
      '/value value-missing',
    ]);
  });

  it('finds nothing in what objects inherit', () => {
    const inheriting: unknown = Object.create(valid);

    expect(faultsOf(inheriting)).toHaveLength(3);
  });

  it.each([
    [{ value: null }, ['/value value-missing']],
    [{ value: null, values: {} }, ['/values values-empty']],
    [{ values: { a: null } }, ['/values values-empty']],
    [{ value: null, values: { a: null, b: null } }, ['/values values-empty']],
    [{ values: { 'a b': null, c: 1 } }, ['/values/a b metric-name-invalid']],
    [{ values: { ...objectOf(64, 'm', null), c: 1 } }, ['/values too-many-metrics']],
  ])('has no metric, or too many names, or one that none can have: %j', (metrics, faults) => {
    const { value: _, ...rest } = valid;

    expect(faultsOf({ ...rest, ...metrics })).toEqual(faults);
  });

  it('has both value and values', () => {
    expect(faultsOf({ ...valid, values: { a: 1 } })).toEqual(['/value value-ambiguous']);
  });

  it.each([
    ['aggregated', 'equipment-id-reserved'],
    ['batch', 'equipment-id-reserved'],
    ['uploads', 'equipment-id-reserved'],
    ['upload-csv', 'equipment-id-reserved'],
    ['', 'equipment-id-missing'],
    ['.hidden', 'equipment-id-invalid'],
    ['__proto__', 'equipment-id-invalid'],
    ['a b', 'equipment-id-invalid'],
    ['a\n', 'equipment-id-invalid'],
    ['é', 'equipment-id-invalid'],
    ['a'.repeat(129), 'equipment-id-invalid'],
    [12495, 'equipment-id-invalid'],
    [null, 'equipment-id-invalid'],
  ])('comes from equipment %j: %s', (equipmentId, code) => {
    expect(faultsOf({ ...valid, equipmentId })).toEqual([`/equipmentId ${code}`]);
  });

  it.each([
    ['2023-02-15T06:30:00', 'timestamp-offset-missing'],
    ['', 'timestamp-missing'],
    [1676442600, 'timestamp-precision-missing'],
    ['1676442600', 'timestamp-precision-missing'],
    ['16764426x0', 'timestamp-malformed'],
    [null, 'timestamp-malformed'],
    [['2023-02-15T06:30:00Z'], 'timestamp-malformed'],
    ['2033-02-15T06:30:00Z', 'timestamp-in-future'],
  ])('was taken at %j: %s', (timestamp, code) => {
    expect(faultsOf({ ...valid, timestamp })).toEqual([`/timestamp ${code}`]);
  });

  it.each([
    ['1.5', 'value-not-a-number'],
    ['NaN', 'value-not-a-number'],
    [Number.NaN, 'value-not-a-number'],
    [true, 'value-not-a-number'],
    [[1], 'value-not-a-number'],
    [{}, 'value-not-a-number'],
    [Infinity, 'value-out-of-range'],
    [-Infinity, 'value-out-of-range'],
    [1.0000000000000002e100, 'value-out-of-range'],
    [9.999999999999999e-101, 'value-out-of-range'],
    [5e-324, 'value-out-of-range'],
  ])('has the value %j: %s', (value, code) => {
    expect(faultsOf({ ...valid, value })).toEqual([`/value ${code}`]);
  });

  it.each([
    [{}, '/values values-empty'],
    [[1], '/values values-not-an-object'],
    [null, '/values values-not-an-object'],
    [objectOf(65, 'm', 1), '/values too-many-metrics'],
    [{ ['a'.repeat(65)]: 1 }, `/values/${'a'.repeat(65)} metric-name-invalid`],
    [{ '1a': 1 }, '/values/1a metric-name-invalid'],
  ])('has the values %j', (values, fault) => {
    const { value: _, ...rest } = valid;

    expect(faultsOf({ ...rest, values })).toEqual([fault]);
  });

  it.each([
    [null, '/tags tags-invalid'],
    [['a'], '/tags tags-invalid'],
    ['a', '/tags tags-invalid'],
    [objectOf(17, 't', 'x'), '/tags too-many-tags'],
    [{ t: '' }, '/tags/t tags-invalid'],
    [{ t: 1 }, '/tags/t tags-invalid'],
    [{ t: 'a\u0000b' }, '/tags/t tags-invalid'],
    [{ t: 'a\nb' }, '/tags/t tags-invalid'],
    [{ t: '\u0085' }, '/tags/t tags-invalid'],
    [{ t: '\ud800' }, '/tags/t tags-invalid'],
    [{ t: 'x'.repeat(257) }, '/tags/t tags-invalid'],
    [{ '1': 'x' }, '/tags/1 tags-invalid'],
  ])('has the tags %j', (tags, fault) => {
    expect(faultsOf({ ...valid, tags })).toEqual([fault]);
  });

  it('counts the characters of a tag, not its code units', () => {
    expect(faultsOf({ ...valid, tags: { t: '😀'.repeat(256) } })).toEqual([]);
    expect(faultsOf({ ...valid, tags: { t: '😀'.repeat(257) } })).toEqual(['/tags/t tags-invalid']);
  });

  it('has no more than 100 faults listed, with long names cut', () => {
    const flood = { ...objectOf(100_000, 'p', 1), ['x'.repeat(100_000)]: 1 };
    const longName = { ...valid, ['x'.repeat(100_000)]: 1 };

    expect(faultsOf(flood)).toHaveLength(100);
    expect(faultsOf(longName)[0]?.length).toBeLessThan(300);
  });

  it('is told in linear time, however long its texts', () => {
    const long = 'a'.repeat(1_000_000);
    const started = performance.now();

    faultsOf({
      equipmentId: `${long}!`,
      timestamp: long,
      values: { [long]: 1 },
      tags: { t: long },
    });

    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe('a timestamp that is a number', () => {
  const taken = (timestamp: unknown, precision: 's' | 'ms' | 'us' | 'ns') => {
    const parsed = parseReading({ ...valid, timestamp }, NOW, Retention.FOREVER, { precision });
    return parsed.ok ? parsed.value.timestamp : parsed.faults[0]?.code;
  };

  it.each([
    [1676440800, 's', '2023-02-15T06:00:00.000000000Z'],
    [1676440800.25, 's', '2023-02-15T06:00:00.250000000Z'],
    [1676440800000, 'ms', '2023-02-15T06:00:00.000000000Z'],
    ['1676440800123456789', 'ns', '2023-02-15T06:00:00.123456789Z'],
    ['2023-02-15T06:00:00Z', 's', '2023-02-15T06:00:00.000000000Z'],
    [1676440800000, 's', 'timestamp-out-of-range'],
    [1693526400 + 601, 's', 'timestamp-in-future'],
    [2 ** 60, 'ns', 'timestamp-malformed'],
    [-1, 's', 'timestamp-out-of-range'],
    [true, 's', 'timestamp-malformed'],
  ] as const)('%j in %s is %s', (timestamp, precision, instant) => {
    expect(taken(timestamp, precision)).toBe(instant);
  });
});

describe('a reading of a clock that was never set', () => {
  it('is refused, and told what to do', () => {
    const rules = { earliest: anInstant('2000-01-01T00:00:00Z') };
    const parsed = (timestamp: string) =>
      parseReading({ ...valid, timestamp }, NOW, Retention.FOREVER, rules);

    expect(parsed('1970-01-01T00:00:12Z')).toMatchObject({
      faults: [
        {
          pointer: '/timestamp',
          code: 'timestamp-too-early',
          detail: expect.stringMatching(/2000-01-01T00:00:00\.000Z.*clock=server/),
        },
      ],
    });
    expect(parsed('1999-12-31T23:59:59.999999999Z').ok).toBe(false);
    expect(parsed('2000-01-01T00:00:00Z').ok).toBe(true);
  });
});

describe('any JSON value', () => {
  const member = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(...Object.values(valid)));
  const nearlyAReading = fc.dictionary(
    fc.constantFrom('equipmentId', 'timestamp', 'value', 'values', 'tags', '__proto__', 'x'),
    member,
  );

  it('is a reading or has faults, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), nearlyAReading), (raw) => {
        const parsed = parseReading(raw, NOW, Retention.FOREVER);

        expect(parsed.ok || parsed.faults.length > 0).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('a reading from before the retention', () => {
  it('is refused at its timestamp, and the oldest that is kept long enough is taken', () => {
    const retention = Retention.ofDays(30);
    const faultAt = (timestamp: string) => {
      const parsed = parseReading({ ...valid, timestamp }, NOW, retention);
      return parsed.ok ? undefined : parsed.faults[0];
    };

    expect(faultAt('2023-08-05T00:00:00Z')).toBeUndefined();
    expect(faultAt('2023-08-04T23:59:59.999999999Z')).toMatchObject({
      pointer: '/timestamp',
      code: 'reading-too-old',
    });
  });
});
