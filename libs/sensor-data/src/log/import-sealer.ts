import { instantToEpochMs, type Instant } from '@sensorflow/kernel';
import { blockKeyText, spanOf } from './block-key.js';
import { fixedBytes } from './block-size.js';
import type { Origin, StoredBlock } from './block.js';
import { hourOfNumber, type HourText } from './hour-time.js';
import { RowPacker, type PackedColumns } from './row-packer.js';
import type { RowTable } from './row-table.js';
import type { Stamp } from './stamp.js';

/** A block as every attempt sends it, and the rows of the table in it. */
export interface SealedRows {
  readonly block: StoredBlock;
  readonly rows: Int32Array;
}

/** One run of one import. */
export interface ImportRunIdentity {
  readonly importId: string;
  /** Who opened the import. */
  readonly by: string | undefined;
  /** When its first run began: the same in every run. */
  readonly startedAt: Instant;
  /** From 1; no two runs of an import share a number. */
  readonly run: number;
}

/** What the numbers of a table stand for. */
export interface RowNames {
  readonly equipmentIds: readonly string[];
  readonly metrics: readonly string[];
}

/**
 * Makes the blocks of one run of an import. All blocks of an import share the stamp of its start, and
 * between them the line of the file decides: so it does not matter how often and in which order they
 * arrive, and whichever run wrote them. Their keys name the run, because those of two runs overlap.
 */
export class ImportSealer {
  private readonly stamp: Stamp;
  private readonly origin: Origin;
  private sequence = 0;

  /** @param expiresAtEpochSeconds when the store may delete the readings of an hour; undefined for never */
  constructor(
    private readonly identity: ImportRunIdentity,
    private readonly expiresAtEpochSeconds: (hour: HourText) => number | undefined,
  ) {
    const { importId, by, startedAt } = identity;
    this.stamp = { epochMicros: instantToEpochMs(startedAt) * 1000, source: importId };
    this.origin = { importId, ...(by !== undefined && { by }) };
  }

  /** The blocks of a table, made one by one as they are asked for. The table must not change meanwhile. */
  *seal(table: RowTable, { equipmentIds, metrics }: RowNames): Generator<SealedRows> {
    const packer = new RowPacker(table, metrics);
    for (let group = 0; group < table.groups; group += 1) {
      const equipmentId = equipmentIds[table.equipmentOf(group)];
      if (equipmentId === undefined) throw new Error('a row of no equipment');
      const hour = hourOfNumber(table.hourOf(group));
      for (const packed of packer.pack(group, fixedBytes(equipmentId, this.origin))) {
        const { rows } = packed;
        const firstNs = table.offsetOf(rows[0] ?? 0);
        const lastNs = table.offsetOf(rows.at(-1) ?? 0);
        yield { block: this.block(equipmentId, hour, packed, { firstNs, lastNs }), rows };
      }
    }
  }

  private block(
    equipmentId: string,
    hour: HourText,
    { rows, instants, columns, places }: PackedColumns,
    { firstNs, lastNs }: { readonly firstNs: number; readonly lastNs: number },
  ): StoredBlock {
    this.sequence += 1;
    const part = { run: this.identity.run, sequence: this.sequence };
    const key = { hour, span: spanOf(firstNs, lastNs), lastNs, stamp: this.stamp, part };
    const block: Unsealed = {
      equipmentId,
      key: blockKeyText(key),
      columns,
      places,
      ...this.origin,
    };
    const expiresAt = this.expiresAtEpochSeconds(hour);
    if (rows.length > 1) block.instants = instants;
    if (expiresAt !== undefined) block.expiresAtEpochSeconds = expiresAt;
    return block;
  }
}

type Unsealed = { -readonly [Part in keyof StoredBlock]: StoredBlock[Part] };
