import type { EquipmentRestriction } from '@sensorflow/auth';
import { nextTurn, type Clock } from '@sensorflow/kernel';
import type { Reading, Retention } from '@sensorflow/sensor-data';
import { FileFault } from '../file-fault.js';
import { lastUnitsLine, RowReader } from '../grammar/csv-row.js';
import {
  NO_EQUIPMENT,
  understandHeader,
  type FileColumns,
  type HeaderColumns,
} from '../grammar/file-columns.js';
import {
  findHeader,
  headerSearch,
  MAX_HEADER_BYTES,
  NO_NAMES,
  OTHER_ENCODING,
  shownHeader,
  UNNAMED,
  type FileHeader,
} from '../grammar/file-header.js';
import { timestampsOf } from '../grammar/file-timestamps.js';
import { fittingFormats, type FittingFormat } from '../grammar/formats-that-fit.js';
import { EQUIPMENT_ID, type Delimiter, type ImportOptions } from '../grammar/import-options.js';
import { MissingCells } from '../grammar/missing-cells.js';
import type { MadeMetric } from '../grammar/written-metrics.js';
import { isGzipName } from '../job/import-record.js';
import { peek } from '../text/text-head.js';
import type { TextEncoding } from '../text/text-encoding.js';
import { openText } from '../text/text-source.js';
import { inTurns, type Steps } from '../steps.js';
import { columnProposals } from './column-proposals.js';
import type { ProposedColumn } from './fitting-proposals.js';
import { faultOf, FoundFaults, type PreviewFault } from './found-faults.js';
import { proposedOptions } from './proposed-options.js';
import { sampledRows, type SampledRow } from './sampled-rows.js';
import { beginsWithoutTime, timestampsIn } from './timestamps-in-rows.js';
import { withoutHeader } from './without-header.js';

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
  /** That line, or its beginning; undefined for a file without one. */
  readonly headerText: string | undefined;
  readonly columns: readonly ProposedColumn[];
  /** That the timestamps can have: of several the choice is the user's. */
  readonly timestampFormats: readonly FittingFormat[];
  /** Of a long file: metrics that its rows call otherwise. */
  readonly madeMetrics: readonly MadeMetric[];
  /** What was said of the file, and what can be said beside it; to be sent as they stand. */
  readonly options: ImportOptions;
  /** The first that are found. */
  readonly readings: readonly PreviewedReading[];
  /** The header cannot be read as it is: the rows are looked at as if the proposals were said. */
  readonly isAsProposed: boolean;
  readonly faults: readonly PreviewFault[];
}

/** Of the file, as many as are looked at. */
export const MAX_PREVIEW_BYTES = 64 * 1024;
const SHOWN_READINGS = 5;
/** Others are served between so many rows: one of an hour that its zone is asked for takes 0.2 ms. */
const ROWS_AT_A_TIME = 50;
/** And between so many cells: each may be a fault of its own. */
const CELLS_AT_A_TIME = 5000;

const NOTHING: Omit<CsvPreview, 'options'> = {
  encoding: undefined,
  delimiter: undefined,
  headerLine: undefined,
  headerText: undefined,
  columns: [],
  timestampFormats: [],
  madeMetrics: [],
  readings: [],
  isAsProposed: false,
  faults: [],
};
/** Any that goes on with ASCII will do to find what else is wrong. */
const ASSUMED_ENCODING = 'windows-1252';

/** What is found out of a file whose header is known. */
type Understood = Omit<CsvPreview, 'encoding' | 'delimiter' | 'headerLine' | 'headerText'>;

/** Shows how files would be read, with the parser that imports them. Keeps nothing. */
export class CsvPreviews {
  /** @param pause in which others are served, between steps of some milliseconds */
  constructor(
    private readonly clock: Clock,
    private readonly retention: Retention,
    private readonly pause: () => Promise<unknown> = nextTurn,
  ) {}

  async preview(request: PreviewRequest): Promise<CsvPreview> {
    const { fileName, head, options } = request;
    let preview: CsvPreview = { ...NOTHING, options };
    try {
      const text = await this.textOf(fileName, head, options);
      preview = { ...preview, encoding: text.encoding };
      return { ...preview, ...(await this.ofText(text.head, request)) };
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      const fault = faultOf({ code: error.code, detail: error.message });
      const isUnsaid = error.code === OTHER_ENCODING && options.encoding === undefined;
      if (!isUnsaid || preview.encoding === undefined) return { ...preview, faults: [fault] };
      const assumed = { ...request, options: { ...options, encoding: ASSUMED_ENCODING } } as const;
      const rest = await this.preview(assumed);
      return {
        ...rest,
        encoding: undefined,
        options: { ...rest.options, encoding: undefined },
        faults: [fault, ...rest.faults],
      };
    }
  }

  private async ofText(text: Buffer, request: PreviewRequest): Promise<Partial<CsvPreview>> {
    try {
      const header = await this.inTurns(headerSearch(text, request.options));
      return { ...shownOf(header), ...(await this.understood(text, header, request)) };
    } catch (error) {
      const isWithout = error instanceof FileFault && error.message === NO_NAMES;
      const proposed = isWithout ? await this.withoutHeader(text, request) : undefined;
      if (proposed) return proposed;
      throw error;
    }
  }

  /** As if the file had none; undefined where no column can be the time, or where the first line may name them. */
  private async withoutHeader(
    text: Buffer,
    request: PreviewRequest,
  ): Promise<Partial<CsvPreview> | undefined> {
    const options = await this.inTurns(withoutHeader(text, request.options));
    if (!options) return undefined;
    const header = findHeader(text, options);
    const named = understandHeader(header.text, header.delimiter, options);
    const rows = sampledRows(text, header, options);
    const decimal = proposedOptions(options, [], [], rows, true).decimal;
    const nowEpochMs = this.clock.nowEpochMs();
    const columns = await this.inTurns(
      columnProposals(named, rows, { ...options, decimal }, nowEpochMs, false),
    );
    const samples = timestampsIn(columns, rows);
    if (samples.length === 0) return undefined;
    const formats = await this.inTurns(fittingFormats(samples, nowEpochMs, decimal));
    if (beginsWithoutTime(columns, rows, formats, nowEpochMs, decimal)) return undefined;
    const said = proposedOptions(options, columns, formats, rows, true);
    const understood = await this.understood(text, header, { ...request, options: said });
    const fault = faultOf({ code: 'header-missing-column', detail: NO_NAMES }, 'headerLine');
    return {
      ...understood,
      // The file is not said to have none: it has no columns that `columns` could speak of.
      columns: [],
      isAsProposed: true,
      faults: [fault, ...understood.faults],
    };
  }

  private async inTurns<T>(steps: Steps<T>): Promise<T> {
    return inTurns(steps, this.pause);
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

  private async understood(
    text: Buffer,
    header: FileHeader,
    request: PreviewRequest,
  ): Promise<Understood> {
    const { options } = request;
    const understood = understandHeader(header.text, header.delimiter, options);
    await this.pause();
    const rows = sampledRows(text, header, options);
    await this.pause();
    const nowEpochMs = this.clock.nowEpochMs();
    const columns = await this.inTurns(columnProposals(understood, rows, options, nowEpochMs));
    const samples = timestampsIn(columns, rows);
    const timestampFormats = await this.inTurns(
      fittingFormats(samples, nowEpochMs, options.decimal),
    );
    const faults = faultsOf(understood, columns);
    faults.addFormats(timestampFormats, options);
    faults.addZone(timestampFormats, options);
    const asProposed = understood.file ? undefined : fileAsProposed(header, columns, options);
    await this.pause();
    const file = understood.file ?? asProposed;
    const reader = file && this.readerOf(file, header, options);
    const readings = await this.read(file, reader, rows, request, faults);
    return {
      columns,
      timestampFormats,
      madeMetrics: reader?.writtenMetrics.made ?? [],
      options: proposedOptions(options, columns, timestampFormats, rows, !understood.file),
      readings,
      isAsProposed: asProposed !== undefined,
      faults: faults.all(),
    };
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
    let cells = 0;
    for (const [index, { line, fields, fault }] of rows.entries()) {
      cells += fields.length;
      if (cells >= CELLS_AT_A_TIME || index % ROWS_AT_A_TIME === 0) {
        await this.pause();
        cells = 0;
      }
      if (fault) faults.addRow(line, [fault]);
      if (fault || !reader) continue;
      const row = reader.read(fields, nowEpochMs, line);
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
      lastUnitsLine: lastUnitsLine(line),
    });
  }
}

function shownOf({ delimiter, line, text }: FileHeader) {
  return {
    delimiter,
    headerLine: line,
    headerText: line === 0 ? undefined : shownHeader(text),
  };
}

/** Of the header; the option equipmentId helps where no column can have the equipment. */
function faultsOf({ faults }: HeaderColumns, columns: readonly ProposedColumn[]): FoundFaults {
  const hasEquipment = columns.some(({ proposal }) => proposal === EQUIPMENT_ID);
  return new FoundFaults(
    faults.map((fault) => {
      const isOfFile = !hasEquipment && fault.detail.startsWith(NO_EQUIPMENT);
      return faultOf(fault, isOfFile ? 'equipmentId' : undefined);
    }),
  );
}

function saidColumns(columns: readonly ProposedColumn[]): ReadonlyMap<string, string | null> {
  return new Map(columns.map(({ key, proposal }) => [key, proposal]));
}

/** What the header would mean if `columns` said what is proposed; undefined when that does not do. */
function fileAsProposed(
  { text, delimiter }: FileHeader,
  proposed: readonly ProposedColumn[],
  options: ImportOptions,
): FileColumns | undefined {
  const columns = saidColumns(proposed);
  const hasEquipment = proposed.some(({ proposal }) => proposal === EQUIPMENT_ID);
  const equipmentId = options.equipmentId ?? (hasEquipment ? undefined : UNNAMED);
  return understandHeader(text, delimiter, { columns, equipmentId }).file;
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
