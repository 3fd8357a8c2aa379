import { closeSync, openSync, statSync, writeSync } from 'node:fs';

const ROWS_PER_WRITE = 10_000;
const FIRST_INSTANT_EPOCH_MS = Date.parse('2022-01-01T00:00:00Z');
const EQUIPMENT = 500;

export interface CsvFile {
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/** A file of valid readings, each with a key of its own, in order of time. */
export function writeCsvFile(path: string, rows: number): CsvFile {
  const file = openSync(path, 'w');
  writeSync(file, 'equipmentId,timestamp,value\n');
  for (let start = 0; start < rows; start += ROWS_PER_WRITE) {
    const count = Math.min(ROWS_PER_WRITE, rows - start);
    writeSync(file, Array.from({ length: count }, (_, index) => rowText(start + index)).join(''));
  }
  closeSync(file);
  return { path, rows, bytes: statSync(path).size };
}

function rowText(index: number): string {
  const instant = new Date(FIRST_INSTANT_EPOCH_MS + index * 250).toISOString();
  return `EQ-${10_000 + (index % EQUIPMENT)},${instant},${(20 + (index % 8000) / 100).toFixed(2)}\n`;
}
