import { DomainError, type Clock, type Fault } from '@sensorflow/kernel';
import {
  hourOfNumber,
  MAX_BLOCKS_PER_CALL,
  type ImportSealer,
  type ReadingWriter,
  type SealedRows,
} from '@sensorflow/sensor-data';
import { NO_CELLS } from '../grammar/judged-rows.js';
import type { ImportedHour } from '../undo/import-manifest.js';
import type { ManifestWriter } from '../undo/manifest-writer.js';
import type { BatchPace } from './batch-pace.js';
import type { ErrorReport } from './error-report.js';
import type { BlockResult } from './import-progress.js';
import type { ReportLine, RowBatch } from './row-batch.js';
import type { WrittenRow } from './rows-as-written.js';
import type { WriteWindow } from './write-window.js';

/**
 * So many calls in a row that store nothing leave the import to a later run. The writer repeats each of
 * them for two seconds at least.
 */
const MAX_CALLS_IN_VAIN = 15;

const NOT_STORABLE: Fault = {
  code: 'reading-not-storable',
  detail: 'The store cannot hold this reading.',
};

const NO_RESULT: BlockResult = { accepted: 0, rejected: 0, cells: NO_CELLS, report: [] };

/** Everything about one file that its rows are written with. */
export interface WriteContext {
  readonly readings: Pick<ReadingWriter, 'writeBlocks'>;
  /** Whose readings they are. */
  readonly callerId: string;
  readonly sealer: ImportSealer;
  /** Names the hours of blocks before they are sent. */
  readonly manifest: ManifestWriter;
  /** Of the batch that is confirmed next: its rows of these lines, read once more. */
  readonly rowsAsWritten: (lines: ReadonlySet<number>) => AsyncIterable<WrittenRow>;
  readonly report: ErrorReport;
  readonly dryRun: boolean;
  readonly clock: Clock;
}

/** Told what becomes of batches. */
export interface BatchListener {
  /** Before readings are sent again: throws when that is not this run's business. */
  assertLease(): Promise<void>;
  /**
   * All readings of the batch are confirmed, but of rows that the store has refused, and those of all batches
   * before it.
   */
  confirmed(batch: RowBatch, result: BlockResult, refusedRows: ReadonlySet<number>): Promise<void>;
}

/** Writes batches of rows in the order of the file, the calls of the next one beside those of the last. */
export class BatchWriter {
  private underWay: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: WriteContext,
    private readonly window: WriteWindow,
    private readonly pace: BatchPace,
    private readonly listener: BatchListener,
  ) {}

  /**
   * Resolves when the batch is confirmed, and those before it. Throws DomainError `unavailable`
   * (`readings-unconfirmed`), and what the listener throws.
   */
  write(batch: RowBatch): Promise<void> {
    const named = this.nameHours(batch);
    const begun = this.underWay.then(() => this.begin(batch, named));
    this.underWay = begun.then(() => undefined);
    const confirmed = begun.then((end) => end.confirmed);
    // All are looked at later, and must not count as unhandled until then.
    for (const later of [named, this.underWay, confirmed]) later.catch(() => undefined);
    return confirmed;
  }

  /** Resolves when nothing is on its way any more. Throws what a write throws. */
  async drained(): Promise<void> {
    await Promise.allSettled([this.underWay]);
    await this.window.drained();
    await this.underWay;
  }

  /** The equipment and hours of all blocks of a batch are the groups of its table. */
  private async nameHours({ rows: { table, equipment } }: RowBatch): Promise<void> {
    const { dryRun, manifest } = this.context;
    if (dryRun) return;
    const hours: ImportedHour[] = [];
    for (let group = 0; group < table.groups; group += 1) {
      const equipmentId = equipment.ids[table.equipmentOf(group)] ?? '';
      hours.push({ equipmentId, hour: hourOfNumber(table.hourOf(group)) });
    }
    await manifest.name(hours);
  }

  /** Resolves when all calls for the batch have been made, as the window lets them. */
  private async begin(
    batch: RowBatch,
    named: Promise<void>,
  ): Promise<{ readonly confirmed: Promise<void> }> {
    await named;
    const startedEpochMs = this.context.clock.nowEpochMs();
    const refused = new Set<number>();
    let blocks = 0;
    for (const chunk of this.chunksOf(batch)) {
      blocks += chunk.length;
      await this.window.begin((before) => this.send(chunk, before, refused));
    }
    const confirmed = this.window.follow(async () => {
      const tookMs = this.context.clock.nowEpochMs() - startedEpochMs;
      this.pace.note(batch.rows.table, blocks, tookMs);
      await this.listener.confirmed(batch, await this.resultOf(batch, refused), refused);
    });
    return { confirmed };
  }

  /** The blocks of the batch as calls take them, each sealed when it is about to leave. */
  private *chunksOf({
    rows: { table, equipment, metrics },
  }: RowBatch): Generator<readonly SealedRows[]> {
    const { dryRun, sealer } = this.context;
    if (dryRun) return;
    let chunk: SealedRows[] = [];
    const names = { equipmentIds: equipment.ids, metrics: metrics.names };
    for (const sealed of sealer.seal(table, names)) {
      chunk.push(sealed);
      if (chunk.length < MAX_BLOCKS_PER_CALL) continue;
      yield chunk;
      chunk = [];
    }
    if (chunk.length > 0) yield chunk;
  }

  /**
   * Sends these blocks at once and returns when every one is confirmed, and those `before` too. What is not
   * confirmed is sent again: only of the oldest call, so that a store that takes nothing is asked by one.
   */
  private async send(
    chunk: readonly SealedRows[],
    before: Promise<void>,
    refused: Set<number>,
  ): Promise<void> {
    let open = await this.attempt(chunk, refused);
    let callsInVain = open.length === chunk.length ? 1 : 0;
    await before;
    while (open.length > 0) {
      if (callsInVain >= MAX_CALLS_IN_VAIN) throw unconfirmed(open.length);
      await this.listener.assertLease();
      const { length } = open;
      open = await this.attempt(open, refused);
      callsInVain = open.length === length ? callsInVain + 1 : 0;
    }
  }

  /** Answers the blocks that are neither stored nor refused. */
  private async attempt(
    chunk: readonly SealedRows[],
    refused: Set<number>,
  ): Promise<readonly SealedRows[]> {
    const { readings, callerId } = this.context;
    const blocks = chunk.map(({ block }) => block);
    const outcomes = await readings.writeBlocks(blocks, callerId);
    return chunk.filter(({ rows }, index) => {
      const outcome = outcomes[index]?.outcome;
      if (outcome === 'refused') for (const row of rows) refused.add(row);
      return outcome !== 'stored' && outcome !== 'refused';
    });
  }

  private async resultOf(batch: RowBatch, refused: ReadonlySet<number>): Promise<BlockResult> {
    const { upTo, reportLines } = batch;
    if (!upTo) return NO_RESULT;
    const { table } = batch.rows;
    const counted = [...refused].filter((row) => row < upTo.readings);
    const lines = reportLines.slice(0, upTo.reportLines);
    if (counted.length > 0) {
      lines.push(...(await this.refusedLines(counted.map((row) => table.lines[row] ?? 0))));
      lines.sort((a, b) => a.line - b.line);
    }
    const cells = counted.reduce((sum, row) => sum + (table.cellCounts[row] ?? 0), 0);
    const { accepted, rejected, missing } = upTo.cells;
    return {
      accepted: upTo.readings + upTo.emptyRows - counted.length,
      rejected: upTo.rejectedRows + counted.length,
      cells: { accepted: accepted - cells, rejected: rejected + cells, missing },
      report: lines.map(({ text }) => text),
    };
  }

  /** Their text is gone by now. */
  private async refusedLines(lines: readonly number[]): Promise<readonly ReportLine[]> {
    const { rowsAsWritten, report } = this.context;
    const found: ReportLine[] = [];
    for await (const { line, cells } of rowsAsWritten(new Set(lines))) {
      const refused = { line, isRejected: true, cells, faults: [NOT_STORABLE] } as const;
      found.push({ line, text: report.reported(refused) });
    }
    return found;
  }
}

function unconfirmed(blocks: number): DomainError {
  const detail = `The store does not confirm ${blocks} blocks of readings.`;
  return new DomainError('unavailable', 'readings-unconfirmed', detail);
}
