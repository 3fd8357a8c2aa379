import { closeSync, openSync, statSync, writeSync } from 'node:fs';

const ROWS_PER_WRITE = 10_000;
const FIRST_INSTANT_EPOCH_MS = Date.parse('2022-01-01T00:00:00Z');
/** Prime, and so far from the next row that hardly two rows in a row share an hour. */
const STRIDE = 1_299_709;

export interface CsvFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
  /** As its uploader calls it: the ending counts. */
  readonly fileName: string;
  /** Of its import, where the usual ones do not do. */
  readonly options: CsvOptions;
}

/** Options of an import, as the API takes them. */
export interface CsvOptions {
  readonly equipmentId?: string;
  readonly columns?: Readonly<Record<string, string | null>>;
  readonly headerLine?: number;
  readonly names?: readonly string[];
  readonly timestampFormat?: string;
  readonly timezone?: string;
  readonly repeatedHour?: 'in-order';
  readonly delimiter?: string;
  readonly decimal?: '.' | ',';
  readonly encoding?: string;
  readonly missing?: readonly string[];
}

/** What stands in a file. */
export interface CsvShape {
  /** Their rows take turns. */
  readonly equipment: number;
  readonly metrics: number;
  /** In order of time, or all over the place. */
  readonly isInOrder: boolean;
}

export const MANY_EQUIPMENT: CsvShape = { equipment: 500, metrics: 1, isInOrder: true };

/** A file of valid readings, each with a key of its own. */
export function writeCsvFile(path: string, rows: number, shape = MANY_EQUIPMENT): CsvFile {
  const metrics = Array.from({ length: shape.metrics }, (_, n) =>
    n === 0 ? 'value' : `value${n}`,
  );
  const place = (index: number): number =>
    shape.isInOrder ? index : Number((BigInt(index) * BigInt(STRIDE)) % BigInt(rows));
  const bytes = writeRows(path, `equipmentId,timestamp,${metrics.join()}\n`, rows, (index) =>
    rowText(place(index), shape),
  );
  return { path, rows, bytes, fileName: 'readings.csv', options: {} };
}

/** Answers how many bytes the file has. `encode` gets thousands of whole rows at a time. */
export function writeRows(
  path: string,
  head: string,
  rows: number,
  rowOf: (index: number) => string,
  encode: (text: string) => string | Buffer = (text) => text,
): number {
  const file = openSync(path, 'w');
  const write = (text: string): void => {
    const bytes = encode(text);
    writeSync(file, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  };
  write(head);
  for (let start = 0; start < rows; start += ROWS_PER_WRITE) {
    const count = Math.min(ROWS_PER_WRITE, rows - start);
    write(Array.from({ length: count }, (_, n) => rowOf(start + n)).join(''));
  }
  closeSync(file);
  return statSync(path).size;
}

function rowText(index: number, { equipment, metrics }: CsvShape): string {
  const instant = new Date(FIRST_INSTANT_EPOCH_MS + index * 250).toISOString();
  const values = Array.from({ length: metrics }, (_, metric) =>
    (20 + ((index + metric * 11) % 8000) / 100).toFixed(2),
  );
  return `EQ-${10_000 + (index % equipment)},${instant},${values.join()}\n`;
}
