import { closeSync, openSync, statSync, writeSync } from 'node:fs';

const ROWS_PER_WRITE = 10_000;
const FIRST_INSTANT_EPOCH_MS = Date.parse('2022-01-01T00:00:00Z');
/** Prime, and so far from the next row that hardly two rows in a row share an hour. */
const STRIDE = 1_299_709;

export interface CsvFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
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
  const file = openSync(path, 'w');
  const metrics = Array.from({ length: shape.metrics }, (_, n) =>
    n === 0 ? 'value' : `value${n}`,
  );
  writeSync(file, `equipmentId,timestamp,${metrics.join()}\n`);
  const place = (index: number): number =>
    shape.isInOrder ? index : Number((BigInt(index) * BigInt(STRIDE)) % BigInt(rows));
  for (let start = 0; start < rows; start += ROWS_PER_WRITE) {
    const count = Math.min(ROWS_PER_WRITE, rows - start);
    const texts = Array.from({ length: count }, (_, n) => rowText(place(start + n), shape));
    writeSync(file, texts.join(''));
  }
  closeSync(file);
  return { path, rows, bytes: statSync(path).size };
}

function rowText(index: number, { equipment, metrics }: CsvShape): string {
  const instant = new Date(FIRST_INSTANT_EPOCH_MS + index * 250).toISOString();
  const values = Array.from({ length: metrics }, (_, metric) =>
    (20 + ((index + metric * 11) % 8000) / 100).toFixed(2),
  );
  return `EQ-${10_000 + (index % equipment)},${instant},${values.join()}\n`;
}
