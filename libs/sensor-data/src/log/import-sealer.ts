import { instantToEpochMs, type Instant } from '@sensorflow/kernel';
import type { Reading } from '../reading.js';
import type { Origin, StoredBlock } from './block.js';
import { hourOf, offsetOf, type HourText } from './hour-time.js';
import type { LogRow } from './block-builder.js';
import { packRows } from './pack-rows.js';
import type { Stamp } from './stamp.js';

/** A reading, and the line of the file that it stands in. */
export interface ImportedRow {
  readonly line: number;
  readonly reading: Reading;
}

/** A block as every attempt sends it, and the rows in it. */
export interface SealedRows<R extends ImportedRow> {
  readonly block: StoredBlock;
  readonly rows: readonly R[];
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

interface PlacedRow<R> extends LogRow {
  readonly row: R;
}

/** What goes into the same blocks. */
interface HourRows<R> {
  readonly equipmentId: string;
  readonly hour: HourText;
  readonly rows: PlacedRow<R>[];
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

  /** @param expiresAtEpochSeconds when the store may delete what lies in an hour; undefined for never */
  constructor(
    private readonly identity: ImportRunIdentity,
    private readonly expiresAtEpochSeconds: (hour: HourText) => number | undefined,
  ) {
    const { importId, by, startedAt } = identity;
    this.stamp = { epochMicros: instantToEpochMs(startedAt) * 1000, source: importId };
    this.origin = { importId, ...(by !== undefined && { by }) };
  }

  seal<R extends ImportedRow>(rows: Iterable<R>): readonly SealedRows<R>[] {
    return Array.from(byHour(rows), (group) => this.sealHour(group)).flat();
  }

  private sealHour<R extends ImportedRow>({ equipmentId, hour, rows }: HourRows<R>) {
    const expiresAt = this.expiresAtEpochSeconds(hour);
    return packRows(equipmentId, hour, this.origin, rows).map((packed): SealedRows<R> => {
      this.sequence += 1;
      const part = { run: this.identity.run, sequence: this.sequence };
      const block = packed.block.seal(this.stamp, expiresAt, part);
      return { block, rows: packed.rows.map(({ row }) => row) };
    });
  }
}

function byHour<R extends ImportedRow>(rows: Iterable<R>): Iterable<HourRows<R>> {
  const groups = new Map<string, HourRows<R>>();
  for (const row of rows) {
    const { equipmentId, timestamp, values, tags } = row.reading;
    const hour = hourOf(timestamp);
    const key = `${hour} ${equipmentId}`;
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { equipmentId, hour, rows: [] }));
    group.rows.push({ offsetNs: offsetOf(timestamp), values, tags, place: row.line, row });
  }
  return groups.values();
}
