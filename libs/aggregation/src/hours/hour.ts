import { parseInstant, type Instant } from '@sensorflow/kernel';

/**
 * An hour of UTC as `yyyy-mm-ddThh`: the first characters of every instant in it, so that the order of
 * the texts is the order of time. Offsets of half and three quarters of an hour change nothing here:
 * instants are UTC before they come.
 */
export type Hour = string & { readonly __hour: true };

/** The hours that start at or after `from` and before `to`. */
export interface HourRange {
  readonly from: Hour;
  readonly to: Hour;
}

const HOUR_LENGTH = 'yyyy-mm-ddThh'.length;
const DAY_LENGTH = 'yyyy-mm-dd'.length;
const MS_PER_HOUR = 3_600_000;
/** No hour lies before it. */
export const FIRST_HOUR = '1970-01-01T00' as Hour;
/** The end of a later hour has no text. Nothing is aggregated there. */
const END_OF_TIME = '9999-12-31T23' as Hour;

export function hourOf(instant: Instant): Hour {
  return instant.slice(0, HOUR_LENGTH) as Hour;
}

/** Throws a RangeError for an hour outside 1970 to 9999. */
export function hourOfEpochMs(epochMs: number): Hour {
  const text = new Date(epochMs).toISOString();
  if (epochMs < 0 || !/^\d/.test(text)) throw new RangeError('outside 1970 to 9999');
  return text.slice(0, HOUR_LENGTH) as Hour;
}

export function parseHour(text: string): Hour | undefined {
  const start = parseInstant(`${text}:00:00Z`);
  return start.ok && hourOf(start.value) === text ? hourOf(start.value) : undefined;
}

export function startOfHour(hour: Hour): Instant {
  return `${hour}:00:00.000000000Z` as Instant;
}

/** Where the next hour starts. Throws a RangeError for the last hour of 9999. */
export function endOfHour(hour: Hour): Instant {
  return startOfHour(hourPlus(hour, 1));
}

export function startOfHourEpochSeconds(hour: Hour): number {
  return epochMsOf(hour) / 1000;
}

/** Throws a RangeError for an hour outside 1970 to 9999. */
export function hourPlus(hour: Hour, hours: number): Hour {
  return hourOfEpochMs(epochMsOf(hour) + hours * MS_PER_HOUR);
}

/** The first hour that starts at or after the instant. */
export function firstHourFrom(instant: Instant): Hour {
  const hour = hourOf(instant);
  if (hour >= END_OF_TIME) return END_OF_TIME;
  return startOfHour(hour) === instant ? hour : hourPlus(hour, 1);
}

export function isEmptyRange(range: HourRange): boolean {
  return range.from >= range.to;
}

/** The day of an hour as `yyyy-mm-dd`. */
export function dayOf(hour: Hour): string {
  return hour.slice(0, DAY_LENGTH);
}

export function firstHourOfDay(day: string): Hour {
  return `${day}T00` as Hour;
}

export function earlierHour(a: Hour, b: Hour): Hour {
  return a < b ? a : b;
}

/** How many hours there are from one to a later one. */
export function hoursBetween(from: Hour, to: Hour): number {
  return (epochMsOf(to) - epochMsOf(from)) / MS_PER_HOUR;
}

/** The current hour and those before it. */
export function latestHours(nowEpochMs: number, hours: number): HourRange {
  const current = hourOfEpochMs(nowEpochMs);
  return { from: hourPlus(current, 1 - hours), to: hourPlus(current, 1) };
}

/** Nanoseconds from one instant of an hour to a later one of it. */
export function nanosecondsBetween(earlier: Instant, later: Instant): number {
  return nanosecondOfHour(later) - nanosecondOfHour(earlier);
}

/** Minutes, seconds and nine fraction digits stand at fixed places: no Date, for millions of readings. */
function nanosecondOfHour(instant: Instant): number {
  const seconds = Number(instant.slice(14, 16)) * 60 + Number(instant.slice(17, 19));
  return seconds * 1e9 + Number(instant.slice(20, 29));
}

const MINUTES_PER_SLOT = 5;
/** Slots of five minutes: record 0009. */
export const SLOTS_PER_HOUR = 60 / MINUTES_PER_SLOT;

/** The slot of its hour that an instant lies in, from 0. */
export function slotOf(instant: Instant): number {
  return Math.floor(Number(instant.slice(14, 16)) / MINUTES_PER_SLOT);
}

/** Where a slot starts; for the slot behind the last one, where the next hour starts. */
export function startOfSlot(hour: Hour, slot: number): Instant {
  if (slot === SLOTS_PER_HOUR) return endOfHour(hour);
  const minute = String(slot * MINUTES_PER_SLOT).padStart(2, '0');
  return `${hour}:${minute}:00.000000000Z` as Instant;
}

function epochMsOf(hour: Hour): number {
  return Date.parse(`${hour}:00:00Z`);
}
