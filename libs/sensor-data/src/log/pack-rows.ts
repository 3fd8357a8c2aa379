import { SPAN_NS } from './block-key.js';
import { BlockBuilder, type LogRow } from './block-builder.js';
import type { Origin } from './block.js';
import type { HourText } from './hour-time.js';

/**
 * Packs readings of one equipment, hour and origin into as few blocks as keep pages of the log cheap.
 * Of readings of one instant, the later in the list is the later in its block. The blocks are not
 * sealed yet: a stamp is taken when a block is about to leave.
 */
export function packRows(
  equipmentId: string,
  hour: HourText,
  origin: Origin,
  rows: readonly LogRow[],
): readonly BlockBuilder[] {
  const blocks: BlockBuilder[] = [];
  for (const run of runsOf(inOrderOfTime(rows))) {
    let block = new BlockBuilder(equipmentId, hour, origin);
    blocks.push(block);
    for (const row of run) {
      if (block.add(row)) continue;
      block = new BlockBuilder(equipmentId, hour, origin);
      block.add(row);
      blocks.push(block);
    }
  }
  return blocks;
}

function inOrderOfTime(rows: readonly LogRow[]): readonly LogRow[] {
  const isSorted = rows.every((row, index) => (rows[index - 1]?.offsetNs ?? 0) <= row.offsetNs);
  return isSorted ? rows : rows.toSorted((a, b) => a.offsetNs - b.offsetNs);
}

/**
 * Cuts where a gap is longer than all the rest: a late reading beside new ones would make a wide block,
 * which every page of the hour has to read. What is spread evenly stays together.
 */
function runsOf(rows: readonly LogRow[]): readonly (readonly LogRow[])[] {
  const firstNs = rows[0]?.offsetNs ?? 0;
  const spannedNs = (rows.at(-1)?.offsetNs ?? 0) - firstNs;
  if (spannedNs <= SPAN_NS.m) return rows.length > 0 ? [rows] : [];
  const cut = rows.findIndex(
    ({ offsetNs }, index) => 2 * (offsetNs - (rows[index - 1]?.offsetNs ?? firstNs)) > spannedNs,
  );
  if (cut < 0) return [rows];
  return [...runsOf(rows.slice(0, cut)), ...runsOf(rows.slice(cut))];
}
