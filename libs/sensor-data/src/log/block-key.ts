import { withoutTrailingZeros, type Instant } from '@sensorflow/kernel';
import { HOUR_NS, instantAt, isHourText, type HourText, type OffsetNs } from './hour-time.js';
import { parseStamp, stampText, type Stamp } from './stamp.js';

/**
 * How much time a block spans: at most a second, three minutes or an hour. The key has it before the block's last
 * instant. So who reads forwards knows how far after an instant the keys of its blocks can be: a page of an hour costs
 * its own blocks, those of one more span, and the few wide ones, not the rest of the hour. Wide blocks sort first.
 */
export type Span = 'h' | 'm' | 's';

export const SPANS: readonly Span[] = ['h', 'm', 's'];

/** No block of a span covers more. */
export const SPAN_NS: Readonly<Record<Span, OffsetNs>> = {
  s: 1_000_000_000,
  m: 180_000_000_000,
  h: HOUR_NS,
};

export function spanOf(firstNs: OffsetNs, lastNs: OffsetNs): Span {
  const spannedNs = lastNs - firstNs;
  if (spannedNs <= SPAN_NS.s) return 's';
  return spannedNs <= SPAN_NS.m ? 'm' : 'h';
}

/** Which attempt of an import wrote a block: a late one of an earlier run has a key of its own. */
export interface ImportPart {
  readonly run: number;
  readonly sequence: number;
}

/** The sort key of a block of readings or of a removal. */
export interface BlockKey {
  readonly hour: HourText;
  readonly span: Span;
  /** The last instant that it speaks of. */
  readonly lastNs: OffsetNs;
  readonly stamp: Stamp;
  readonly part?: ImportPart | undefined;
}

/**
 * `2026-11-30T08#s#12:18.25#…`: the order of the texts is that of hour, span, last instant and stamp.
 * Zeros at the end of the seconds are left out: `#` sorts before the point and every digit.
 */
export function blockKeyText({ hour, span, lastNs, stamp, part }: BlockKey): string {
  const suffix = part ? `.${part.run}.${part.sequence}` : '';
  return `${hour}#${span}#${timeText(lastNs)}#${stampText(stamp)}${suffix}`;
}

let latestTime = { offsetNs: NaN, text: '' };

/** Remembered: what a gateway reads of all its equipment at once has one instant. */
function timeText(offsetNs: OffsetNs): string {
  if (offsetNs !== latestTime.offsetNs) latestTime = { offsetNs, text: newTimeText(offsetNs) };
  return latestTime.text;
}

function newTimeText(offsetNs: OffsetNs): string {
  const seconds = Math.floor(offsetNs / 1e9);
  const nanos = offsetNs - seconds * 1e9;
  const minutes = Math.floor(seconds / 60);
  const upToSeconds = `${twoDigits(minutes)}:${twoDigits(seconds - minutes * 60)}`;
  return nanos === 0 ? upToSeconds : upToSeconds + fractionText(nanos);
}

function fractionText(nanos: number): string {
  return `.${withoutTrailingZeros(String(nanos).padStart(9, '0'))}`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

const TIME = /^([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?$/;
const PART = /^([1-9]\d{0,8})\.(\d{1,15})$/;

/** Undefined for text that `blockKeyText` never made. */
export function parseBlockKey(text: string): BlockKey | undefined {
  const [hour = '', span = '', time = '', stampAndPart = '', ...rest] = text.split('#');
  const lastNs = parseTime(time);
  const point = stampAndPart.indexOf('.');
  const stamp = parseStamp(point < 0 ? stampAndPart : stampAndPart.slice(0, point));
  const part = point < 0 ? undefined : parsePart(stampAndPart.slice(point + 1));
  if (rest.length > 0 || !isHourText(hour) || !isSpan(span) || lastNs === undefined)
    return undefined;
  if (stamp === undefined || (point >= 0 && part === undefined)) return undefined;
  return { hour, span, lastNs, stamp, ...(part && { part }) };
}

function parseTime(text: string): OffsetNs | undefined {
  const match = TIME.exec(text);
  if (!match) return undefined;
  const [, minutes, seconds, fraction = ''] = match;
  return (Number(minutes) * 60 + Number(seconds)) * 1e9 + Number(fraction.padEnd(9, '0'));
}

function parsePart(text: string): ImportPart | undefined {
  const match = PART.exec(text);
  return match ? { run: Number(match[1]), sequence: Number(match[2]) } : undefined;
}

function isSpan(text: string): text is Span {
  return text === 'h' || text === 'm' || text === 's';
}

/** The key of the mark that takes back an import in this hour: before all blocks of the hour. */
export function undoneMarkKey(hour: HourText, importId: string): string {
  return `${marksOf(hour).from}${importId}`;
}

/** Undefined for the key of a block. */
export function parseUndoneMarkKey(
  text: string,
): { readonly hour: HourText; readonly importId: string } | undefined {
  const [hour = '', mark, importId = '', ...rest] = text.split('#');
  if (mark !== UNDONE || rest.length > 0 || importId === '' || !isHourText(hour)) return undefined;
  return { hour, importId };
}

const UNDONE = '!undone';

/** Both included, in one hour. */
export interface CoveredTime {
  readonly first: Instant;
  readonly last: Instant;
}

/**
 * The first and the last instant that a block under this key can change. Undefined for text that is not the key of a
 * block or a mark.
 */
export function timeCoveredBy(key: string): CoveredTime | undefined {
  const mark = parseUndoneMarkKey(key);
  if (mark) return { first: instantAt(mark.hour, 0), last: instantAt(mark.hour, HOUR_NS - 1) };
  const block = parseBlockKey(key);
  if (!block) return undefined;
  const firstNs = Math.max(0, block.lastNs - SPAN_NS[block.span]);
  return { first: instantAt(block.hour, firstNs), last: instantAt(block.hour, block.lastNs) };
}

/** Keys from `from` up to, not including, `to`. */
export interface KeyRange {
  readonly from: string;
  readonly to: string;
}

export function marksOf(hour: HourText): KeyRange {
  return { from: `${hour}#${UNDONE}#`, to: `${hour}#${UNDONE}$` };
}

/** The blocks of a span whose last instant is at or after `fromNs` and before `toNs`. */
export function keysOfSpan(hour: HourText, span: Span, fromNs: OffsetNs, toNs: OffsetNs): KeyRange {
  const prefix = `${hour}#${span}`;
  return {
    from: fromNs <= 0 ? `${prefix}#` : `${prefix}#${timeText(fromNs)}`,
    to: toNs >= HOUR_NS ? `${prefix}$` : `${prefix}#${timeText(toNs)}`,
  };
}
