import { readFileSync } from 'node:fs';

/** One hour of one file, computed without any code of the product. */
export interface ExpectedHour {
  readonly intervalStart: number;
  readonly total: string;
  readonly sampleCount: number;
  readonly min: number;
  readonly max: number;
}

export const REAL_FILES = [
  {
    fileName: 'machine-temperature.csv',
    equipmentId: 'EQ-MACHINE-TEMPERATURE',
    rows: 22_695,
    instants: 22_683,
    from: '2013-12-01T00:00:00Z',
    to: '2014-03-01T00:00:00Z',
  },
  {
    fileName: 'ambient-temperature.csv',
    equipmentId: 'EQ-AMBIENT-TEMPERATURE',
    rows: 7267,
    instants: 7267,
    from: '2013-07-01T00:00:00Z',
    to: '2014-06-01T00:00:00Z',
  },
] as const;

export function realFile(fileName: string): Buffer {
  return readFileSync(new URL(`../data/${fileName}`, import.meta.url));
}

/** Hours of a file in order of time; of two rows for one instant the later stands. */
export function foldFile(csv: string): readonly ExpectedHour[] {
  const [, ...rows] = csv.trimEnd().split(/\r?\n/);
  const standing = new Map<number, string>();
  for (const row of rows) {
    const [, timestamp = '', value = ''] = row.split(',');
    standing.set(Date.parse(timestamp), value);
  }
  const hours = Map.groupBy(standing, ([epochMs]) => Math.floor(epochMs / 3_600_000) * 3600);
  return [...hours]
    .toSorted(([a], [b]) => a - b)
    .map(([intervalStart, readings]) =>
      foldHour(
        intervalStart,
        readings.map(([, value]) => value),
      ),
    );
}

function foldHour(intervalStart: number, values: readonly string[]): ExpectedHour {
  const numbers = values.map(Number);
  return {
    intervalStart,
    total: sumOf(values),
    sampleCount: values.length,
    min: Math.min(...numbers),
    max: Math.max(...numbers),
  };
}

const SCALE = 40;

/** Plain decimals in whole numbers of 10^-40, far below any digit of the files. */
export function sumOf(values: readonly string[]): string {
  let sum = 0n;
  for (const value of values) {
    const [whole = '0', fraction = ''] = value.replace('-', '').split('.');
    const scaled = BigInt(whole + fraction.padEnd(SCALE, '0'));
    sum += value.startsWith('-') ? -scaled : scaled;
  }
  const sign = sum < 0n ? '-' : '';
  const digits = (sum < 0n ? -sum : sum).toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return `${sign}${digits.slice(0, -SCALE)}${fraction === '' ? '' : `.${fraction}`}`;
}
