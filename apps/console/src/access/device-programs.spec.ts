import { describe, expect, it } from 'vitest';
import { exampleEquipment, importCurlOf, PROGRAMS, readingCurlOf } from './device-programs.ts';

const SENDER = { origin: 'http://plant:3000', key: 'sfk_1_2', equipmentId: 'PRESS-4' };

describe('a program for a key', () => {
  it.each(PROGRAMS)('$id names address, key, equipment and a timestamp', ({ textOf }) => {
    const text = textOf(SENDER);

    expect(text).toContain('http://plant:3000/sensor-data');
    expect(text).toContain('sfk_1_2');
    expect(text).toMatch(/equipmentId\W+PRESS-4/);
    expect(text).toMatch(/timestamp/);
  });

  it('of a key that only reads, or only imports, is another', () => {
    expect(readingCurlOf(SENDER)).toContain('/sensor-data/PRESS-4/latest');
    expect(importCurlOf(SENDER)).toContain('/sensor-data/upload-csv');
  });

  it('checks the certificate of a server with TLS', () => {
    const esp32 = PROGRAMS.find(({ id }) => id === 'esp32');

    expect(esp32?.textOf(SENDER)).toContain('http.begin(URL);');
    expect(esp32?.textOf({ ...SENDER, origin: 'https://plant' })).toContain('URL, ROOT_CA');
  });
});

it.each([
  [null, 'MY-FIRST'],
  [['PRESS-4', 'PRESS-5'], 'PRESS-4'],
  [['LINE-1:*'], 'LINE-1:SENSOR-1'],
])('the example of a key for %j is %s', (equipmentIds, example) => {
  expect(exampleEquipment(equipmentIds)).toBe(example);
});
