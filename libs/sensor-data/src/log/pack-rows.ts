import { SPAN_NS } from './block-key.js';
import { BlockBuilder, type LogRow } from './block-builder.js';
import type { Origin } from './block.js';
import type { HourText } from './hour-time.js';

/** A block that is not sealed yet, and what it was packed from. */
export interface PackedBlock<R extends LogRow> {
  readonly block: BlockBuilder;
  readonly rows: readonly R[];
}

/**
 * Packs readings of one equipment, hour and origin into as few blocks as keep pages of the log cheap. Readings of one
 * instant keep their order. The blocks are not sealed yet: a block gets its stamp when it is sent.
 */
export function packRows<R extends LogRow>(
  equipmentId: string,
  hour: HourText,
  origin: Origin,
  rows: readonly R[],
): readonly PackedBlock<R>[] {
  const packed: PackedBlock<R>[] = [];
  for (const run of runsOf(inOrderOfTime(rows))) {
    let block = new BlockBuilder(equipmentId, hour, origin);
    let first = 0;
    for (const row of run) {
      if (block.add(row)) continue;
      const end = first + block.count;
      packed.push({ block, rows: run.slice(first, end) });
      block = new BlockBuilder(equipmentId, hour, origin);
      block.add(row);
      first = end;
    }
    packed.push({ block, rows: first === 0 ? run : run.slice(first) });
  }
  return packed;
}

function inOrderOfTime<R extends LogRow>(rows: readonly R[]): readonly R[] {
  const isSorted = rows.every((row, index) => (rows[index - 1]?.offsetNs ?? 0) <= row.offsetNs);
  return isSorted ? rows : rows.toSorted((a, b) => a.offsetNs - b.offsetNs);
}

/**
 * Cuts where a gap is longer than all the rest: a late reading beside new ones would make a wide block,
 * which every page of the hour has to read. What is spread evenly stays together.
 */
function runsOf<R extends LogRow>(rows: readonly R[]): readonly (readonly R[])[] {
  const firstNs = rows[0]?.offsetNs ?? 0;
  const spannedNs = (rows.at(-1)?.offsetNs ?? 0) - firstNs;
  if (spannedNs <= SPAN_NS.m) return rows.length > 0 ? [rows] : [];
  const cut = rows.findIndex(
    ({ offsetNs }, index) => 2 * (offsetNs - (rows[index - 1]?.offsetNs ?? firstNs)) > spannedNs,
  );
  if (cut < 0) return [rows];
  return [...runsOf(rows.slice(0, cut)), ...runsOf(rows.slice(cut))];
}
