import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMeasurement, QUANTITIES } from './cip-measurement.js';

const NAMED = { mustBeNamed: true, callerName: 'Line 1, gateway' };
const DEVICE = { mustBeNamed: false, callerName: 'line-1' };

const FULL = {
  id_sensor: 'estacao_cip',
  cip_id: '1',
  status_cip: 'true',
  temperature: 20.81,
  pressure: 1.42,
  concentration: 0.01,
};

function faultsOf(raw: unknown, source = NAMED): Readonly<Record<string, string>> {
  const parsed = parseMeasurement(raw, source);
  return parsed.ok ? {} : Object.fromEntries(parsed.faults.map((one) => [one.pointer, one.code]));
}

describe('a body of the earlier service', () => {
  it('is a reading of its sensor, with its quantities as metrics and the rest as tags', () => {
    expect(parseMeasurement(FULL, NAMED)).toEqual({
      ok: true,
      value: {
        equipmentId: 'estacao_cip',
        values: { temperature: 20.81, pressure: 1.42, concentration: 0.01 },
        tags: { cip_id: '1', status_cip: 'true' },
      },
    });
  });

  it('may have numbers as text, and unknown members', () => {
    const body = { temperature: 23.45, humidity: '56.78', pressure: '1013.25', sensor_id: 'e66' };

    expect(parseMeasurement({ ...body, unit: 'hPa', __proto__: null }, DEVICE)).toMatchObject({
      value: {
        equipmentId: 'e66',
        values: { temperature: 23.45, humidity: 56.78, pressure: 1013.25 },
        tags: {},
      },
    });
  });

  it.each([
    ['56.78', 56.78],
    [' 1.50 ', 1.5],
    ['+3', 3],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['5.', 5],
    ['1.e2', 100],
    ['1e3', 1000],
    ['-1.00', -1],
  ])('has %j as the number %d', (flow, number) => {
    expect(parseMeasurement({ flow }, DEVICE)).toMatchObject({
      value: { values: { flow: number } },
    });
  });

  it.each([
    'nan',
    'NaN',
    'inf',
    '-Infinity',
    '',
    ' ',
    '1,5',
    '0x10',
    '1_000',
    '12 °C',
    true,
    [],
    {},
  ])('has no number %j', (flow) => {
    expect(faultsOf({ flow, temperature: 1 }, DEVICE)).toEqual({ '/flow': 'value-not-a-number' });
  });

  it('without a sensor is one of the key that sent it', () => {
    expect(parseMeasurement({ flow: 1 }, DEVICE)).toMatchObject({
      value: { equipmentId: 'line-1' },
    });
    expect(faultsOf({ flow: 1 }, { ...DEVICE, callerName: 'Line 1, gateway' })).toEqual({
      '/id_sensor': 'equipment-id-missing',
    });
  });

  it.each<[string, unknown, Readonly<Record<string, string>>]>([
    [
      'nothing',
      {},
      {
        '': 'value-missing',
        '/id_sensor': 'equipment-id-missing',
        '/cip_id': 'tags-invalid',
        '/status_cip': 'tags-invalid',
      },
    ],
    [
      'nulls',
      { ...FULL, temperature: null, pressure: null, concentration: null },
      { '': 'value-missing' },
    ],
    [
      'numbers for texts',
      { ...FULL, id_sensor: 7, cip_id: 1, status_cip: true },
      {
        '/id_sensor': 'equipment-id-invalid',
        '/cip_id': 'tags-invalid',
        '/status_cip': 'tags-invalid',
      },
    ],
    [
      'a blank in its sensor',
      { ...FULL, id_sensor: 'a b' },
      { '/id_sensor': 'equipment-id-invalid' },
    ],
    [
      'a word of the API for a sensor',
      { ...FULL, id_sensor: 'batch' },
      { '/id_sensor': 'equipment-id-reserved' },
    ],
    [
      'a number out of range',
      { ...FULL, temperature: 1e101, pressure: '1e-101' },
      { '/temperature': 'value-out-of-range', '/pressure': 'value-out-of-range' },
    ],
    ['a list', [FULL], { '': 'reading-not-an-object' }],
  ])('with %s is told of every fault', (_name, raw, faults) => {
    expect(faultsOf(raw)).toEqual(faults);
  });

  it('is judged without throwing, whatever comes', () => {
    const member = fc.oneof(fc.jsonValue(), fc.string(), fc.double());
    const names = fc.constantFrom(...QUANTITIES, 'id_sensor', 'sensor_id', 'cip_id', 'status_cip');
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(names, member)), (raw) => {
        const parsed = parseMeasurement(raw, DEVICE);
        expect(parsed.ok || parsed.faults.length > 0).toBe(true);
        const numbers = parsed.ok ? Object.values(parsed.value.values) : [];
        expect(numbers.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
