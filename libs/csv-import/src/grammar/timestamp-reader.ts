import {
  instantFromEpoch,
  instantToEpochMs,
  parseEpoch,
  parseInstant,
  refused,
  type Fault,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import { parseReadingTimestamp, withinAcceptedTime, type Retention } from '@sensorflow/sensor-data';
import type { DecimalSign, RepeatedHour } from './import-options.js';
import { EpochTime, ExcelTime } from './numeric-time.js';
import { PatternTime } from './pattern-time.js';
import { FormatInstants, IsoInstants, NoInstants, type PlainInstants } from './plain-instants.js';
import { RepeatedHours, type LocalTime } from './repeated-hours.js';
import type { TimestampFormat } from './timestamp-format.js';
import { ZoneClock, type Timezone } from './timezone.js';
import { MISMATCH, NOT_A_DATE, OFFSET_INVALID, type WrittenTime } from './written-time.js';

/** How the timestamps of a file are to be read. */
export interface TimestampOptions {
  readonly format: TimestampFormat;
  /** Of timestamps without offset; unless set, they are refused. */
  readonly timezone: Timezone | undefined;
  readonly repeatedHour: RepeatedHour;
  /** Of numbers, `.` unless set. */
  readonly decimal?: DecimalSign;
}

/** Reads the timestamps of one file, row by row. */
export abstract class TimestampReader {
  /**
   * What a later run needs to go on behind the row that was read last; empty unless the repeated hour is read
   * `in-order` and the file is near one. At most 50 KB.
   */
  abstract readonly state: string;

  /**
   * Reads one timestamp, without blanks around it. `series` names what the row continues: its equipment, and in a
   * file with a row for each value its metric too. Only `in-order` needs it, and the order of the rows.
   *
   * Faults: those of `parseReadingTimestamp`, `timestamp-ambiguous` and `timestamp-nonexistent` for what local
   * clocks showed twice or never. Where an option helps, its name stands in the detail.
   */
  abstract read(text: string, nowEpochMs: number, series?: string): Parsed<Instant>;

  /** Reads the same from the bytes of rows with this delimiter, where that can be done without looking around. */
  abstract plainInstants(delimiter: string): PlainInstants;
}

/** `state`: of the reader that read the rows in front of those that come. */
export function timestampReader(
  options: TimestampOptions,
  retention: Retention,
  state?: string,
): TimestampReader {
  return options.format.kind === 'iso'
    ? new IsoReader(options, retention, state)
    : new FormatReader(options, retention, state);
}

export const NO_ZONE = refused(
  'timestamp-offset-missing',
  'The timestamp does not say its offset from UTC. The option timezone names the zone of the whole file.',
);
const OUT_OF_RANGE = refused(
  'timestamp-out-of-range',
  'Time runs from 1970 to the end of 9999 here.',
);
const END_EPOCH_SECONDS = Date.UTC(10_000, 0, 1) / 1000;
const HOUR_SECONDS = 3600;

/** What both kinds of readers do with local times. */
abstract class ZonedReader extends TimestampReader {
  protected readonly clock: ZoneClock | undefined;
  private readonly inOrder: RepeatedHours | undefined;

  constructor(
    protected readonly options: TimestampOptions,
    protected readonly retention: Retention,
    state: string | undefined,
  ) {
    super();
    const { timezone, repeatedHour } = options;
    this.clock = timezone && new ZoneClock(timezone);
    this.inOrder =
      this.clock && repeatedHour === 'in-order' ? new RepeatedHours(this.clock, state) : undefined;
  }

  override get state(): string {
    return this.inOrder?.state ?? '';
  }

  protected fromUtc({ seconds, nanos }: LocalTime, nowEpochMs: number): Parsed<Instant> {
    if (seconds < 0 || seconds >= END_EPOCH_SECONDS) return OUT_OF_RANGE;
    return withinAcceptedTime(instantFromEpoch({ seconds, nanos }), nowEpochMs, this.retention);
  }

  protected fromLocal(time: LocalTime, nowEpochMs: number, series: string): Parsed<Instant> {
    const { clock, inOrder } = this;
    if (!clock) return NO_ZONE;
    const zoned = clock.at(time.seconds);
    if (!zoned) return this.nonexistent();
    const { earlier, later } = zoned;
    if (inOrder?.concerns(Math.floor(time.seconds / HOUR_SECONDS)) === true && earlier === later) {
      inOrder.passBy(series, time);
    }
    const seconds = earlier === later ? earlier : this.chosen(time, zoned, series);
    if (seconds === undefined) return this.ambiguous();
    return this.fromUtc({ seconds, nanos: time.nanos }, nowEpochMs);
  }

  /** Whether rows of this hour of local time can be read without those around them, and at which offset. */
  protected offsetOfPlainHour(localHour: number): number | undefined {
    return this.inOrder?.concerns(localHour) === true
      ? undefined
      : this.clock?.offsetOfHour(localHour);
  }

  private chosen(
    time: LocalTime,
    { earlier, later }: { readonly earlier: number; readonly later: number },
    series: string,
  ): number | undefined {
    const { repeatedHour } = this.options;
    if (repeatedHour === 'reject') return undefined;
    if (repeatedHour !== 'in-order') return repeatedHour === 'summer' ? earlier : later;
    const choice = this.inOrder?.choose(series, time, later - earlier);
    return choice && (choice === 'earlier' ? earlier : later);
  }

  private ambiguous(): Parsed<never> {
    const { repeatedHour, timezone } = this.options;
    const detail =
      repeatedHour === 'in-order'
        ? 'The order of the rows does not show which of the two it is; write the offset, or set repeatedHour to summer or winter.'
        : 'The option repeatedHour says which is meant: in-order, summer or winter.';
    return refused(
      'timestamp-ambiguous',
      `Clocks in ${timezone?.text} showed this time twice. ${detail}`,
      { zone: timezone?.text ?? '' },
    );
  }

  private nonexistent(): Parsed<never> {
    const zone = this.options.timezone?.text;
    return refused('timestamp-nonexistent', `Clocks in ${zone} skipped this time.`, {
      zone: zone ?? '',
    });
  }
}

/** A date and a time of day without an offset. */
const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?$/;
const MALFORMED_ISO = refused(
  'timestamp-malformed',
  'The timestamp is not of the form 2023-02-15T01:30:00Z. The option timestampFormat says how the file writes them, such as dd.MM.yyyy HH:mm or epoch-s.',
);

const END_OF_DAY = refused(
  'timestamp-not-a-date',
  'RFC 3339 has no 24:00: write 00:00 of the next day. The option timestampFormat with a pattern such as yyyy-MM-dd HH:mm:ss reads it as that.',
);

function isEndOfDay(text: string, { code }: Fault): boolean {
  return code === END_OF_DAY.fault.code && /[Tt ]24:00(?::00)?(?![\d.:])/.test(text);
}

class IsoReader extends ZonedReader {
  override read(text: string, nowEpochMs: number, series = ''): Parsed<Instant> {
    const isLocal = LOCAL_TIME.test(text);
    if (isLocal && this.clock) {
      // Z only to have the date and the time of day checked.
      const checked = parseInstant(`${text}Z`);
      if (checked.ok) return this.fromLocal(timeOf(checked.value), nowEpochMs, series);
      return isEndOfDay(text, checked.fault) ? END_OF_DAY : checked;
    }
    const parsed = parseReadingTimestamp(text, nowEpochMs, this.retention);
    if (parsed.ok) return parsed;
    if (isEndOfDay(text, parsed.fault)) return END_OF_DAY;
    if (parsed.fault.code === NO_ZONE.fault.code) return NO_ZONE;
    return parsed.fault.code === MALFORMED_ISO.fault.code ? MALFORMED_ISO : parsed;
  }

  override plainInstants(): PlainInstants {
    return new IsoInstants(
      (text, nowEpochMs) => this.read(text, nowEpochMs),
      (text) => {
        // Of a local time alone: others do not depend on the rows around them.
        if (!LOCAL_TIME.test(text)) return true;
        const checked = parseInstant(`${text}Z`);
        if (!checked.ok) return false;
        const localHour = Math.floor(timeOf(checked.value).seconds / HOUR_SECONDS);
        return this.offsetOfPlainHour(localHour) !== undefined;
      },
    );
  }
}

function timeOf(instant: Instant): LocalTime {
  return {
    seconds: Math.floor(instantToEpochMs(instant) / 1000),
    nanos: Number(instant.slice(20, 29)),
  };
}

const MAX_LENGTH = 64;
const EPOCH = /^-?\d*(?:[.,]\d*)?$/;
/** More digits than stand in front of the first separator of thousands. */
const UNGROUPED = /^-?\d{4}/;
/** Blanks that are not ASCII: ICU puts one in front of AM and PM. */
const OTHER_BLANKS = /[\u00a0\u2009\u202f]/g;

class FormatReader extends ZonedReader {
  private readonly written: WrittenTime;
  /** The text's bytes, and a zero behind them. */
  private readonly bytes = Buffer.alloc(MAX_LENGTH * 3 + 1);

  constructor(options: TimestampOptions, retention: Retention, state: string | undefined) {
    super(options, retention, state);
    this.written = writtenTimeOf(options);
  }

  override read(text: string, nowEpochMs: number, series = ''): Parsed<Instant> {
    if (text === '') return parseReadingTimestamp(text, nowEpochMs, this.retention);
    const { format } = this.options;
    if (format.kind === 'epoch') return this.readEpoch(text, format.unit, nowEpochMs);
    const end = this.parse(text);
    if (end < 0) return this.faultOf(end);
    const { written } = this;
    return written.isLocal
      ? this.fromLocal({ seconds: written.seconds, nanos: written.nanos }, nowEpochMs, series)
      : this.fromUtc(written, nowEpochMs);
  }

  override plainInstants(delimiter: string): PlainInstants {
    if (this.mayContain(delimiter)) return new NoInstants();
    return new FormatInstants(writtenTimeOf(this.options, delimiter), (hour, nowEpochMs) => {
      const offset = this.written.isLocal ? this.offsetOfPlainHour(hour) : 0;
      if (offset === undefined) return undefined;
      const first = { seconds: hour * HOUR_SECONDS - offset, nanos: 0 };
      const last = { seconds: first.seconds + HOUR_SECONDS - 1, nanos: 999_999_999 };
      const isTaken = this.fromUtc(first, nowEpochMs).ok && this.fromUtc(last, nowEpochMs).ok;
      return isTaken ? first.seconds : undefined;
    });
  }

  private parse(text: string): number {
    if (text.length > MAX_LENGTH) return MISMATCH;
    const end = this.bytes.write(text.replace(OTHER_BLANKS, ' '));
    this.bytes[end] = 0;
    const read = this.written.read(this.bytes, 0);
    return read < 0 || read === end ? read : MISMATCH;
  }

  private readEpoch(
    text: string,
    unit: Parameters<typeof parseEpoch>[1],
    nowEpochMs: number,
  ): Parsed<Instant> {
    // An exponent is what Excel makes of a number that is too wide for its column, and rounds.
    const isPlain = EPOCH.test(text.slice(0, MAX_LENGTH));
    const other = this.options.decimal === ',' ? '.' : ',';
    const mayBeGrouped = text.includes(other) && !UNGROUPED.test(text);
    if (!isPlain || mayBeGrouped) return this.faultOf(MISMATCH);
    const parsed = parseEpoch(text.replace(',', '.'), unit);
    if (parsed.ok) return this.fromUtc(parsed.value, nowEpochMs);
    return parsed.fault.code === 'timestamp-malformed' ? this.faultOf(MISMATCH) : parsed;
  }

  private faultOf(code: number): Parsed<never> {
    if (code === NOT_A_DATE) {
      return refused('timestamp-not-a-date', 'This day or this time of day does not exist.');
    }
    if (code === OFFSET_INVALID) {
      return refused('timestamp-offset-invalid', 'The offset must be between -12:00 and +14:00.');
    }
    const { text } = this.options.format;
    return refused(
      'timestamp-malformed',
      `The timestamp is not written as timestampFormat says: ${text}.`,
      { format: text },
    );
  }

  private mayContain(delimiter: string): boolean {
    const { format, decimal = '.' } = this.options;
    return format.kind === 'pattern' ? format.text.includes(delimiter) : decimal === delimiter;
  }
}

/** @param delimiter between whose cells the time stands, unless it stands alone */
function writtenTimeOf(
  { format, decimal = '.' }: TimestampOptions,
  delimiter?: string,
): WrittenTime {
  if (format.kind === 'pattern') return new PatternTime(format.pattern);
  if (format.kind === 'epoch') return new EpochTime(format.unit, decimal, delimiter);
  return new ExcelTime(decimal, delimiter);
}
