import { hourOfNumber, instantAt, RowTable } from '@sensorflow/sensor-data';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContentsReader } from './contents-reader.js';
import { NO_CONTENTS, type FileContents } from './file-contents.js';

interface Row {
  readonly equipment: number;
  readonly hour: number;
  readonly offsetNs: number;
  readonly metrics: readonly number[];
}

const METRICS = ['a', 'b', 'c'];
const MINUTE_NS = 60_000_000_000;

function tableOf(rows: readonly Row[], equipment = 10): RowTable {
  const table = new RowTable({ rows: rows.length, metrics: METRICS.length, equipment });
  for (const [index, row] of rows.entries()) {
    for (const [cell, metric] of row.metrics.entries()) table.setNumber(cell, metric, 1);
    table.addRow(row.equipment, row.hour, row.offsetNs, index + 2, row.metrics.length);
  }
  return table;
}

function idOf(equipment: number): string {
  return `EQ-${equipment}`;
}

interface Batch {
  readonly rows: readonly Row[];
  /** Whether the run ends behind it, and another one goes on. */
  readonly isResumed: boolean;
}

function contentsOf(batches: readonly Batch[], refused: ReadonlySet<number> = new Set()) {
  const ids = Array.from({ length: 10 }, (_, equipment) => idOf(equipment));
  let contents: FileContents = NO_CONTENTS;
  let reader = new ContentsReader(contents);
  for (const { rows, isResumed } of batches) {
    const confirmed = { table: tableOf(rows), end: rows.length, refused };
    reader.add({ ...confirmed, equipmentIds: ids, metrics: METRICS });
    ({ contents } = reader);
    if (isResumed) reader = new ContentsReader(contents);
  }
  return contents;
}

/** Row by row, with everything remembered. */
function counted(rows: readonly Row[]) {
  const seen = new Set<string>();
  let repeated = 0;
  for (const { equipment, hour, offsetNs, metrics } of rows) {
    const keys = metrics.map((metric) => [equipment, hour, offsetNs, metric].join());
    if (keys.some((key) => seen.has(key))) repeated += 1;
    for (const key of keys) seen.add(key);
  }
  const instants = rows.map(({ hour, offsetNs }) => instantAt(hourOfNumber(hour), offsetNs));
  instants.sort();
  return {
    repeated,
    equipment: new Set(rows.map(({ equipment }) => equipment)).size,
    firstTimestamp: instants[0],
    lastTimestamp: instants.at(-1),
  };
}

const aRow: fc.Arbitrary<Row> = fc.record({
  equipment: fc.integer({ min: 0, max: 2 }),
  hour: fc.integer({ min: 400_000, max: 400_002 }),
  offsetNs: fc.integer({ min: 0, max: 3 }).map((minute) => minute * MINUTE_NS),
  metrics: fc.constantFrom([0], [1], [0, 1], [1, 2], [0, 1, 2]),
});
const someBatches = fc.array(
  fc.record({ rows: fc.array(aRow, { minLength: 1, maxLength: 8 }), isResumed: fc.boolean() }),
  { minLength: 1, maxLength: 5 },
);

/** The same batches with their rows in the order of time, of each equipment or of all. */
function sorted(batches: readonly Batch[]): readonly Batch[] {
  const rows = batches.flatMap((batch) => batch.rows);
  rows.sort((a, b) => a.hour - b.hour || a.offsetNs - b.offsetNs);
  return batches.map(({ rows: { length }, isResumed }) => ({
    rows: rows.splice(0, length),
    isResumed,
  }));
}

/** A row of each of so many equipment. */
function oneOfEach(count: number): readonly Row[] {
  return Array.from({ length: count }, (_, equipment) => ({
    equipment,
    hour: 400_000,
    offsetNs: 0,
    metrics: [0],
  }));
}

describe('what the rows of a file hold', () => {
  it('is counted exactly where each equipment comes in the order of time, also across runs', () => {
    fc.assert(
      fc.property(someBatches, (batches) => {
        const inOrder = sorted(batches);

        const contents = contentsOf(inOrder);

        const { repeated, ...others } = counted(inOrder.flatMap(({ rows }) => rows));
        expect(contents).toMatchObject({ ...others, repeatedRows: repeated });
        expect([contents.isRepeatedExact, contents.isEquipmentExact]).toEqual([true, true]);
      }),
    );
  });

  it('is counted exactly in any order within one batch', () => {
    fc.assert(
      fc.property(fc.array(aRow, { minLength: 1, maxLength: 30 }), (rows) => {
        const contents = contentsOf([{ rows, isResumed: false }]);

        const { repeated, ...others } = counted(rows);
        expect(contents).toMatchObject({ ...others, repeatedRows: repeated });
        expect(contents.isRepeatedExact).toBe(true);
      }),
    );
  });

  it('is a lower bound of what is repeated in any other, unless it says that it is exact', () => {
    let exact = 0;
    fc.assert(
      fc.property(someBatches, (batches) => {
        const contents = contentsOf(batches);

        const { repeated, ...others } = counted(batches.flatMap(({ rows }) => rows));
        expect(contents).toMatchObject(others);
        expect(contents.repeatedRows).toBeLessThanOrEqual(repeated);
        exact += contents.isRepeatedExact ? 1 : 0;
        expect(contents.isRepeatedExact && contents.repeatedRows !== repeated).toBe(false);
      }),
    );
    expect(exact).toBeGreaterThan(0);
  });

  it('leaves out what the store has refused, and what is not judged to the end', () => {
    const at = (minute: number): Row => ({
      equipment: 1,
      hour: 400_000,
      offsetNs: minute * MINUTE_NS,
      metrics: [0],
    });
    const reader = new ContentsReader(NO_CONTENTS);
    const names = { equipmentIds: ['', 'EQ-1'], metrics: METRICS };
    const table = tableOf([at(0), at(1), at(1), at(2), at(9)]);

    reader.add({ ...names, table, end: 4, refused: new Set([0, 2]) });

    const hour = hourOfNumber(400_000);
    expect(reader.contents).toMatchObject({
      repeatedRows: 0,
      firstTimestamp: instantAt(hour, MINUTE_NS),
      lastTimestamp: instantAt(hour, 2 * MINUTE_NS),
    });
  });

  it.each([
    [600, true, 600],
    [700, false, 700],
  ])('of %d equipment is exact behind a kill: %s', (count, isExact, expected) => {
    const equipmentIds = Array.from({ length: count }, (_, equipment) => idOf(equipment));
    const rows = oneOfEach(count);
    const confirmed = { end: count, refused: new Set<number>(), equipmentIds, metrics: METRICS };
    const first = new ContentsReader(NO_CONTENTS);
    first.add({ ...confirmed, table: tableOf(rows, count) });

    const second = new ContentsReader(first.contents);
    second.add({ ...confirmed, table: tableOf(rows, count) });

    expect(first.contents).toMatchObject({ isEquipmentExact: true, isRepeatedExact: true });
    expect(second.contents).toMatchObject({
      equipment: expected,
      isEquipmentExact: isExact,
      isRepeatedExact: isExact,
      repeatedRows: isExact ? count : 0,
    });
  });

  it('of more equipment than are remembered is at least that', () => {
    const count = 40_000;
    const equipmentIds = Array.from({ length: count }, (_, equipment) => idOf(equipment));
    const rows = oneOfEach(count);
    const reader = new ContentsReader(NO_CONTENTS);

    const table = tableOf(rows, count);
    reader.add({ table, end: count, refused: new Set(), equipmentIds, metrics: METRICS });

    const { equipment, isEquipmentExact, isRepeatedExact } = reader.contents;
    expect([equipment, isEquipmentExact, isRepeatedExact]).toEqual([32_768, false, false]);
  });
});
