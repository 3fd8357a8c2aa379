import { parseInstant, showInstant } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { atOnce, type Steps } from '../steps.js';
import type { DecimalSign } from './import-options.js';
import { NAMED_FORMATS, parseTimestampFormat, type TimestampFormat } from './timestamp-format.js';
import { timestampReader } from './timestamp-reader.js';

/** A format that a column can have, and what its first telling timestamp means in it. */
export interface FittingFormat {
  /** As the option `timestampFormat` takes it. */
  readonly format: string;
  /** The timestamp as it stands in the file. */
  readonly example: string;
  /** The same in ISO form; without Z where it is a local time, whose zone the option `timezone` names. */
  readonly meaning: string;
}

/** What lies before is a number in the wrong unit. */
const EARLIEST_OF_NUMBERS = '1990';
/** As much as shows what differs; a preview has a few thousand rows. */
const MAX_SAMPLES = 5000;
/** What ISO reads in part, but for a 24:00, has its month behind the year. */
const DAY_BEHIND_YEAR = /^y+[^a-zA-Z]*d/;
/** Texts that are looked at in one step. */
const AT_A_TIME = 100;
/** Local times are read as if clocks showed UTC. */
const AS_UTC = { text: 'UTC', offsetMinutes: 0 };

/**
 * Every format that all of a column's timestamps have, in which none lies ahead of the clock: when there are several,
 * only a person can say which it is. Texts that are a time in no format (units, comments) have no say, if at least
 * half are one. Samples without blanks around them; empty ones are skipped. Formats that differ in no timestamp that
 * they could ever read are named once.
 */
export function formatsThatFit(
  samples: readonly string[],
  nowEpochMs: number,
  decimal: DecimalSign = '.',
): readonly FittingFormat[] {
  return atOnce(fittingFormats(samples, nowEpochMs, decimal));
}

/** The same in steps of some milliseconds at most. */
export function* fittingFormats(
  samples: readonly string[],
  nowEpochMs: number,
  decimal: DecimalSign,
): Steps<readonly FittingFormat[]> {
  const texts = [...new Set(samples.filter((text) => text !== ''))].slice(0, MAX_SAMPLES);
  const inFormat = (format: TimestampFormat, of: readonly string[]): TriedFormat['meanings'] =>
    meaningsIn(format, of, nowEpochMs, decimal);
  const tried: TriedFormat[] = [];
  for (const format of [...NAMED_FORMATS, ...patternsFor(texts)]) {
    tried.push({ format, meanings: inFormat(format, texts) });
    if (texts.length > AT_A_TIME) yield;
  }
  const isLegible = (at: number): boolean =>
    tried.some(({ meanings }) => meanings[at] !== undefined);
  const legible = [...texts.keys()].filter(isLegible);
  const [first] = legible;
  if (first === undefined || legible.length * 2 < texts.length) return [];
  const isTime = (text: string): boolean =>
    patternsFor([text]).some((format) => inFormat(format, [text])[0] !== undefined);
  // Of two forms there is none that all have.
  for (const [at, text] of texts.entries()) {
    if (!isLegible(at) && isTime(text)) return [];
    if (at % AT_A_TIME === AT_A_TIME - 1) yield;
  }
  const all = tried.filter(({ meanings }) => legible.every((at) => meanings[at] !== undefined));
  // What ISO reads has no second meaning.
  const isIso = all.some(({ format }) => format.kind === 'iso');
  const isPartlyIso = tried.some(
    ({ format, meanings }) => format.kind === 'iso' && meanings.some((one) => one !== undefined),
  );
  const fitting = all.filter(({ format }) =>
    isIso ? format.kind !== 'pattern' : !isPartlyIso || !DAY_BEHIND_YEAR.test(format.text),
  );
  const telling = legible.find(
    (at) => new Set(fitting.map(({ meanings }) => meanings[at])).size > 1,
  );
  const at = telling ?? first;
  return fitting.map(({ format, meanings }) => ({
    format: format.text,
    example: texts[at] ?? '',
    meaning: meanings[at] ?? '',
  }));
}

interface TriedFormat {
  readonly format: TimestampFormat;
  /** Of each text; undefined for one that it cannot be. */
  readonly meanings: readonly (string | undefined)[];
}

function meaningsIn(
  format: TimestampFormat,
  texts: readonly string[],
  nowEpochMs: number,
  decimal: DecimalSign,
): TriedFormat['meanings'] {
  return texts.map(meaningIn(format, nowEpochMs, decimal));
}

/** What a text means in a format, as `FittingFormat` has it; undefined for one that it cannot be. */
export function meaningsBy(
  format: string,
  nowEpochMs: number,
  decimal: DecimalSign,
): (text: string) => string | undefined {
  const [parsed] = formatOf(format);
  return parsed ? meaningIn(parsed, nowEpochMs, decimal) : () => undefined;
}

function meaningIn(
  format: TimestampFormat,
  nowEpochMs: number,
  decimal: DecimalSign,
): (text: string) => string | undefined {
  const options = { format, timezone: AS_UTC, repeatedHour: 'reject', decimal } as const;
  const reader = timestampReader(options, Retention.FOREVER);
  // A local time east of Greenwich may be up to 14 hours ahead of UTC.
  const latestEpochMs = nowEpochMs + 14 * 3_600_000;
  const isNumber = format.kind === 'epoch' || format.kind === 'excel';
  return (text) => {
    const read = reader.read(text, latestEpochMs);
    if (!read.ok || (isNumber && read.value < EARLIEST_OF_NUMBERS)) return undefined;
    const shown = showInstant(read.value);
    return hasZone(format, text) ? shown : shown.slice(0, -1);
  };
}

function hasZone(format: TimestampFormat, text: string): boolean {
  if (format.kind === 'iso') return parseInstant(text).ok;
  return format.kind === 'epoch' || (format.kind === 'pattern' && format.pattern.hasOffset);
}

/** A time of day at the end, with what parts it from the date. */
const TIME_OF_DAY =
  /(T|,? {1,2}|[:_-])(\d{1,2})([:.])(\d{2})(?:\3(\d{2})(?:([.,:])(\d{1,9}))?)?(?:( ?)([AaPp]\.?[Mm]\.?))?(?:( ?)(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?$/;
/** A date, and an hour alone behind it. */
const HOUR_OF_DAY = /^(\d{1,4}([./ -])(?:\d{1,2}|[A-Za-z]{3,9})\2\d{1,4}|\d{8})( |T)(\d{1,2})$/;
const SEPARATED_DATE = /^(\d{1,4})([./ -])(\d{1,2})\2(\d{1,4})$/;
const DAY_AND_NAME = /^(\d{1,2})([./ -]|\. )([A-Za-z]{3,9})(\.? |[./-])(\d{4}|\d{2})$/;
const YEAR_AND_NAME = /^(\d{4}|\d{2})([./ -])([A-Za-z]{3,9})(\2)(\d{1,2})$/;
const NAME_AND_DAY = /^([A-Za-z]{3,9}) (\d{1,2})(,?) \d{4}$/;
const DIGITS = /^\d+$/;
const MAX_LENGTH = 64;
/** Dates of digits alone, by their number; what else such a run can hold is a time of day. */
const DATE_RUNS: Readonly<Record<number, readonly string[]>> = {
  6: ['yyMMdd', 'yyddMM', 'ddMMyy', 'MMddyy'],
  8: ['yyyyMMdd', 'yyyyddMM', 'ddMMyyyy', 'MMddyyyy'],
};
const TIME_RUNS = ['', 'HHmm', 'HHmmss', 'HHmmssSSS'];

/** A time of day in front of a date. */
const TIME_IN_FRONT = /^(\d{1,2}):\d{2}(:\d{2})?( ?[AaPp]\.?[Mm]\.?)?(,? )(?=\S+$)/;
/** Of `date`, of `toString` in many languages, and of mails. */
const WITH_WEEKDAY = [
  'EEE MMM d HH:mm:ss yyyy',
  'EEE MMM d HH:mm:ss X yyyy',
  'EEE, d MMM yyyy HH:mm:ss X',
];
const WEEKDAY = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b/i;

/** Patterns in whose form the texts are written, whatever they mean in them; those that are no dates do not count. */
function patternsFor(texts: readonly string[]): readonly TimestampFormat[] {
  const written = texts.filter((text) => text.length <= MAX_LENGTH && isLikeDate(text));
  if (written.some((text) => WEEKDAY.test(text))) return WITH_WEEKDAY.flatMap(formatOf);
  // The longest shows the most: two digits, names in full.
  const model = written.reduce((long, text) => (text.length > long.length ? text : long), '');
  if (DIGITS.test(model)) return runsOf(model.length).flatMap(formatOf);
  const inFront = frontPatternOf(model);
  const timePattern = inFront === '' ? timePatternOf(model, written) : '';
  const dates = datePatternsFor(dateIn(model));
  return dates.flatMap((date) => formatOf(inFront + date + timePattern));
}

function formatOf(pattern: string): readonly TimestampFormat[] {
  const parsed = parseTimestampFormat(pattern);
  return parsed.ok ? [parsed.value] : [];
}

function isLikeDate(text: string): boolean {
  const isDate = DIGITS.test(text) || datePatternsFor(dateIn(text)).length > 0;
  return isDate || WEEKDAY.test(text);
}

function frontPatternOf(text: string): string {
  const [, hour, second = '', halfDay = '', joint = ''] = TIME_IN_FRONT.exec(text) ?? [];
  if (hour === undefined) return '';
  const hours = letters(halfDay === '' ? 'H' : 'h', hour);
  const seconds = second === '' ? '' : ':ss';
  return `${hours}:mm${seconds}${halfDay.replace(/\S+/, 'a')}${joint}`;
}

function dateIn(text: string): string {
  const [inFront] = TIME_IN_FRONT.exec(text) ?? [];
  if (inFront !== undefined) return text.slice(inFront.length);
  return HOUR_OF_DAY.exec(text)?.[1] ?? text.slice(0, TIME_OF_DAY.exec(text)?.index);
}

function runsOf(length: number): readonly string[] {
  return TIME_RUNS.flatMap((time) =>
    (DATE_RUNS[length - time.length] ?? []).map((date) => date + time),
  );
}

function datePatternsFor(written: string): readonly string[] {
  if (DIGITS.test(written)) return DATE_RUNS[written.length] ?? [];
  const named = [
    ...namedDate(DAY_AND_NAME.exec(written), 'd', 'y'),
    ...namedDate(YEAR_AND_NAME.exec(written), 'y', 'd'),
  ];
  if (named.length > 0) return named;
  const [, nameFirst, day = '', comma = ''] = NAME_AND_DAY.exec(written) ?? [];
  if (nameFirst !== undefined) {
    return [`${monthLetters(nameFirst)} ${letters('d', day)}${comma} yyyy`];
  }
  const [, first, separator = '', second = '', third = ''] = SEPARATED_DATE.exec(written) ?? [];
  if (first === undefined) return [];
  const written3 = [first, second, third];
  const orders =
    first.length > 2 ? ['yMd', 'ydM'] : third.length > 2 ? ['dMy', 'Mdy'] : SHORT_ORDERS;
  return orders.map((order) =>
    written3.map((digits, at) => letters(order[at] ?? '', digits)).join(separator),
  );
}

/** A date with the name of its month, and what stands in front of it and behind it. */
function namedDate(found: RegExpExecArray | null, before: string, behind: string): string[] {
  if (!found) return [];
  const [, first = '', mark = '', name = '', secondMark = '', last = ''] = found;
  const parts = [letters(before, first), mark, monthLetters(name), secondMark];
  return [parts.join('') + letters(behind, last)];
}

/** Of three numbers of one or two digits. */
const SHORT_ORDERS = ['dMy', 'Mdy', 'yMd', 'ydM'];

/** `d` for one digit, `dd` for two. */
function letters(letter: string, digits: string): string {
  return letter.repeat(digits.length);
}

function monthLetters(name: string): string {
  return name.length > 4 ? 'MMMM' : 'MMM';
}

function timePatternOf(model: string, texts: readonly string[]): string {
  const time = TIME_OF_DAY.exec(model);
  if (time) return clockPatternOf(time, texts);
  const [, , , joint, hour = ''] = HOUR_OF_DAY.exec(model) ?? [];
  return joint === undefined ? '' : jointPattern(joint) + letters('H', hour);
}

function jointPattern(joint: string): string {
  return joint === 'T' ? "'T'" : joint;
}

function clockPatternOf(time: RegExpExecArray, texts: readonly string[]): string {
  const [, joint = '', hour = '', colon = '', minute = '', second] = time;
  const [, , , , , , point, fraction = '', halfDayBlank, halfDay, offsetBlank] = time;
  const hourLetter = halfDay === undefined ? 'H' : 'h';
  const clock = [letters(hourLetter, hour), letters('m', minute)];
  if (second !== undefined) clock.push(letters('s', second));
  const digits = texts.map((text) => TIME_OF_DAY.exec(text)?.[7]?.length);
  const isEven = digits.every((count) => count === fraction.length);
  const hasOffset = offsetBlank !== undefined;
  return [
    jointPattern(joint),
    clock.join(colon),
    point === undefined ? '' : point + (isEven ? letters('S', fraction) : 'S'),
    halfDay === undefined ? '' : `${halfDayBlank}a`,
    hasOffset ? `${offsetBlank}XXX` : '',
  ].join('');
}
