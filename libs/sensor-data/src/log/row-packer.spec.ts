import {
  array,
  assert,
  constantFrom,
  double,
  integer,
  maxSafeNat,
  oneof,
  property,
  record,
  tuple,
  uniqueArray,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixedBytes } from './block-size.js';
import type { LogRow } from './block-builder.js';
import { HOUR_NS } from './hour-time.js';
import { packRows } from './pack-rows.js';
import { RowPacker } from './row-packer.js';
import { RowTable } from './row-table.js';

const EQUIPMENT = 'EQ-1';
const HOUR = '2023-02-15T01';
const HOUR_NUMBER = Date.parse(`${HOUR}:00:00Z`) / 3_600_000;
const ORIGIN = { importId: '0190-import', by: 'ada' };
const STAMP = { epochMicros: 1, source: 'import' };
const METRICS = ['temperature', 'pressure', 'flow', 'state'];

interface Cell {
  readonly metric: number;
  readonly value: number;
}

interface Row {
  readonly offsetNs: number;
  readonly cells: readonly Cell[];
}

const offsets = oneof(
  integer({ min: 0, max: 3599 }).map((second) => second * 1e9),
  integer({ min: 0, max: 200 }).map((tick) => tick * 20e6),
  integer({ min: 0, max: HOUR_NS / 1e6 - 1 }).map((ms) => ms * 1e6),
  maxSafeNat().map((nanos) => nanos % HOUR_NS),
);
const values = oneof(
  constantFrom(0, 1, 23.5),
  integer({ min: -99_999, max: 99_999 }).map((hundredths) => hundredths / 100),
  double({ min: -1e100, max: 1e100, noNaN: true }).map((value) => value + 0),
  integer(),
);
const cells = uniqueArray(
  record({ metric: integer({ min: 0, max: METRICS.length - 1 }), value: values }),
  { minLength: 1, maxLength: METRICS.length, selector: ({ metric }) => metric },
);
const someRows = array(record({ offsetNs: offsets, cells }), {
  minLength: 1,
  maxLength: 400,
});
const steadyRows = tuple(
  integer({ min: 1, max: 900 }),
  integer({ min: 0, max: 30 }),
  array(cells, { minLength: 1, maxLength: 5 }),
).map(([count, seconds, turns]) =>
  Array.from({ length: count }, (_, at): Row => ({
    offsetNs: Math.min(at * seconds, 3599) * 1e9,
    cells: turns[at % turns.length] ?? [],
  })),
);

function tableOf(rows: readonly Row[]): RowTable {
  const table = new RowTable({ rows: rows.length, metrics: METRICS.length, equipment: 1 });
  for (const [at, row] of rows.entries()) {
    for (const [cell, { metric, value }] of row.cells.entries()) {
      table.setNumber(cell, metric, value);
    }
    table.addRow(0, HOUR_NUMBER, row.offsetNs, at + 2, row.cells.length);
  }
  return table;
}

function packedByTable(rows: readonly Row[]) {
  const packer = new RowPacker(tableOf(rows), METRICS);
  const packed = Array.from(packer.pack(0, fixedBytes(EQUIPMENT, ORIGIN)));
  return packed.map(({ rows: { length }, instants, columns, places }) => ({
    instants: length > 1 ? instants : undefined,
    columns,
    places,
  }));
}

function packedByRows(rows: readonly Row[]) {
  const logRows = rows.map((row, at): LogRow => ({
    offsetNs: row.offsetNs,
    values: new Map(row.cells.map(({ metric, value }) => [METRICS[metric] ?? '', value])),
    tags: new Map(),
    place: at + 2,
  }));
  return packRows(EQUIPMENT, HOUR, ORIGIN, logRows).map(({ block }) => {
    const { instants, columns, places } = block.seal(STAMP);
    return { instants, columns, places };
  });
}

describe('the rows of a table', () => {
  it.each([
    ['of any kind', someRows],
    ['that are regular', steadyRows],
  ])('%s become the same lines of the same blocks as readings of requests', (_, kind) => {
    assert(
      property(kind, (rows) => {
        expect(packedByTable(rows)).toEqual(packedByRows(rows));
      }),
      { numRuns: 150 },
    );
  });
});
