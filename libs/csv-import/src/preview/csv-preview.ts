import type { EquipmentRestriction } from '@sensorflow/auth';
import type { Clock } from '@sensorflow/kernel';
import type { Reading, Retention } from '@sensorflow/sensor-data';
import { setImmediate } from 'node:timers/promises';
import { FileFault } from '../file-fault.js';
import { RowReader } from '../grammar/csv-row.js';
import { understandHeader, type FileColumns } from '../grammar/file-columns.js';
import {
  findHeader,
  MAX_HEADER_BYTES,
  OTHER_ENCODING,
  type FileHeader,
} from '../grammar/file-header.js';
import { timestampsOf } from '../grammar/file-timestamps.js';
import { formatsThatFit, type FittingFormat } from '../grammar/formats-that-fit.js';
import { EQUIPMENT_ID, type Delimiter, type ImportOptions } from '../grammar/import-options.js';
import { MissingCells } from '../grammar/missing-cells.js';
import { isGzipName } from '../job/import-record.js';
import { peek } from '../text/text-head.js';
import type { TextEncoding } from '../text/text-encoding.js';
import { openText } from '../text/text-source.js';
import { columnProposals } from './column-proposals.js';
import type { ProposedColumn } from './fitting-proposals.js';
import { faultOf, FoundFaults, type PreviewFault } from './found-faults.js';
import { sampledRows, type SampledRow } from './sampled-rows.js';

/** The first bytes of a file, as they are, and how it is to be read. */
export interface PreviewRequest {
  readonly fileName: string;
  readonly head: Buffer;
  readonly options: ImportOptions;
  /** The only equipment whose rows would be taken; undefined for any. */
  readonly restriction?: EquipmentRestriction | undefined;
}

export interface PreviewedReading {
  readonly line: number;
  /** Its equipment is empty while neither a column nor an option names it. */
  readonly reading: Reading;
}

/** How a file would be read. What is not known for a fault is undefined. */
export interface CsvPreview {
  readonly encoding: TextEncoding | undefined;
  readonly delimiter: Delimiter | undefined;
  /** From 1; 0 for a file without one. */
  readonly headerLine: number | undefined;
  readonly columns: readonly ProposedColumn[];
  /** That the timestamps can have: of several the choice is the user's. */
  readonly timestampFormats: readonly FittingFormat[];
  /** The first that are found. */
  readonly readings: readonly PreviewedReading[];
  /** The header cannot be read as it is: the rows are looked at as if the proposals were said. */
  readonly isAsProposed: boolean;
  readonly faults: readonly PreviewFault[];
}

/** Of the file, as many as are looked at. */
export const MAX_PREVIEW_BYTES = 64 * 1024;
const SHOWN_READINGS = 5;
/** The event loop serves others between so many rows: one of an hour that its zone is asked for takes 0.2 ms. */
const ROWS_AT_A_TIME = 50;

const NOTHING: CsvPreview = {
  encoding: undefined,
  delimiter: undefined,
  headerLine: undefined,
  columns: [],
  timestampFormats: [],
  readings: [],
  isAsProposed: false,
  faults: [],
};
/** Stands for equipment that nobody has named yet. */
const UNNAMED = 'unnamed';
/** Any that goes on with ASCII will do to find what else is wrong. */
const ASSUMED_ENCODING = 'windows-1252';

/** Shows how files would be read, with the parser that imports them. Keeps nothing. */
export class CsvPreviews {
  constructor(
    private readonly clock: Clock,
    private readonly retention: Retention,
  ) {}

  async preview(request: PreviewRequest): Promise<CsvPreview> {
    const { fileName, head, options } = request;
    let preview = NOTHING;
    try {
      const text = await this.textOf(fileName, head, options);
      preview = { ...preview, encoding: text.encoding };
      const header = findHeader(text.head, options);
      const { delimiter, line: headerLine } = header;
      preview = { ...preview, delimiter, headerLine };
      return { ...preview, ...(await this.understood(text.head, header, request)) };
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      const fault = faultOf({ code: error.code, detail: error.message });
      const isUnsaid = error.code === OTHER_ENCODING && options.encoding === undefined;
      if (!isUnsaid || preview.encoding === undefined) return { ...preview, faults: [fault] };
      const assumed = { ...request, options: { ...options, encoding: ASSUMED_ENCODING } } as const;
      const rest = await this.preview(assumed);
      return { ...rest, encoding: undefined, faults: [fault, ...rest.faults] };
    }
  }

  /** A gzip file ends where the head does: that is no damage, if anything came out of it. */
  private async textOf(fileName: string, head: Buffer, { encoding }: ImportOptions) {
    const gzip = isGzipName(fileName);
    const text = await openText(oneChunk(head), { gzip, encoding }, 0);
    const begin = await peek(text.bytes, MAX_HEADER_BYTES + 1);
    if (begin.head.length > 0) await closed(begin.all);
    else if (begin.fault) throw begin.fault;
    return { encoding: text.encoding, head: begin.head.subarray(0, MAX_HEADER_BYTES + 1) };
  }

  private async understood(text: Buffer, header: FileHeader, request: PreviewRequest) {
    const { options } = request;
    const { delimiter } = header;
    const understood = understandHeader(header.text, delimiter, options);
    const rows = sampledRows(text, header, options);
    const nowEpochMs = this.clock.nowEpochMs();
    const columns = columnProposals(understood, rows, options, nowEpochMs);
    const samples = timestampsIn(columns, rows);
    const timestampFormats = formatsThatFit(samples, nowEpochMs, options.decimal);
    const faults = new FoundFaults(understood.faults);
    faults.addFormats(timestampFormats, options);
    faults.addZone(timestampFormats, options);
    const asProposed = understood.file ? undefined : fileAsProposed(header, columns, options);
    const file = understood.file ?? asProposed;
    const reader = file && this.readerOf(file, header, options);
    const readings = await this.read(file, reader, rows, request, faults);
    const isAsProposed = asProposed !== undefined;
    return { columns, timestampFormats, readings, isAsProposed, faults: faults.all() };
  }

  private async read(
    file: FileColumns | undefined,
    reader: RowReader | undefined,
    rows: readonly SampledRow[],
    { restriction }: PreviewRequest,
    faults: FoundFaults,
  ): Promise<readonly PreviewedReading[]> {
    const isNamed = file && !('id' in file.equipment && file.equipment.id === UNNAMED);
    const nowEpochMs = this.clock.nowEpochMs();
    const readings: PreviewedReading[] = [];
    for (const [index, { line, fields, fault }] of rows.entries()) {
      if (index % ROWS_AT_A_TIME === 0) await setImmediate();
      if (fault) faults.addRow(line, [fault]);
      if (fault || !reader) continue;
      const row = reader.read(fields, nowEpochMs);
      const forbidden = row.ok && isNamed && restriction?.faultOf(row.reading.equipmentId);
      faults.addRow(line, row.ok ? row.badCells.map((cell) => cell.fault) : row.faults);
      if (forbidden) faults.addRow(line, [forbidden]);
      const isShown = row.ok && !forbidden && row.reading.values.size > 0;
      if (!isShown || readings.length === SHOWN_READINGS) continue;
      const reading = isNamed ? row.reading : { ...row.reading, equipmentId: '' };
      readings.push({ line, reading });
    }
    return readings;
  }

  private readerOf(file: FileColumns, { line }: FileHeader, options: ImportOptions): RowReader {
    return new RowReader(file, {
      decimal: options.decimal,
      missing: new MissingCells(options.missing),
      timestamps: timestampsOf(options, this.retention),
      isUnderOtherHeader: line === 0 ? undefined : false,
    });
  }
}

/** What the header would mean if `columns` said what is proposed; undefined when that does not do. */
function fileAsProposed(
  { text, delimiter }: FileHeader,
  proposed: readonly ProposedColumn[],
  options: ImportOptions,
): FileColumns | undefined {
  const columns = new Map(proposed.map(({ key, proposal }) => [key, proposal]));
  const hasEquipment = proposed.some(({ proposal }) => proposal === EQUIPMENT_ID);
  const equipmentId = options.equipmentId ?? (hasEquipment ? undefined : UNNAMED);
  return understandHeader(text, delimiter, { columns, equipmentId }).file;
}

/** Of the column that has them, or of the one that probably has. */
function timestampsIn(
  columns: readonly ProposedColumn[],
  rows: readonly SampledRow[],
): readonly string[] {
  const placeOf = (role: string) => columns.findIndex(({ proposal }) => proposal === role);
  const timestamp = placeOf('timestamp');
  const places = timestamp >= 0 ? [timestamp] : [placeOf('date'), placeOf('time')];
  if (places.some((at) => at < 0)) return [];
  return rows.flatMap(({ fields }) => {
    const text = places.map((at) => (fields[at] ?? '').trim()).join(' ');
    return text.trim() === '' ? [] : [text.trim()];
  });
}

/** The rest is not wanted: whoever reads it must know. */
async function closed(bytes: AsyncIterable<Buffer>): Promise<void> {
  const iterator = bytes[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.return?.();
}

async function* oneChunk(head: Buffer): AsyncGenerator<Buffer> {
  await Promise.resolve();
  if (head.length > 0) yield head;
}
