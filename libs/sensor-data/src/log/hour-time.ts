import { instantToEpochMs, parseInstant, type Instant } from '@sensorflow/kernel';

/** A UTC hour as the first 13 characters of its instants: `2026-11-30T08`. */
export type HourText = string;

/** Nanoseconds from the beginning of an hour: whole, and exact as a double. */
export type OffsetNs = number;

export const HOUR_NS: OffsetNs = 3_600_000_000_000;
const HOUR_MS = 3_600_000;
const HOUR_LENGTH = 13;
const ZERO = 0x30;

export function hourOf(instant: Instant): HourText {
  return instant.slice(0, HOUR_LENGTH);
}

export function offsetOf(instant: Instant): OffsetNs {
  return digits(instant, 14, 16) * 60e9 + digits(instant, 17, 19) * 1e9 + digits(instant, 20, 29);
}

/** An instant is fixed-width text: reading its digits costs a tenth of parsing it. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + text.charCodeAt(at) - ZERO;
  return value;
}

/** @param offsetNs below HOUR_NS */
export function instantAt(hour: HourText, offsetNs: OffsetNs): Instant {
  const seconds = Math.floor(offsetNs / 1e9);
  const minutes = Math.floor(seconds / 60);
  const nanos = offsetNs - seconds * 1e9;
  const text = `${hour}:${pad(minutes, 2)}:${pad(seconds - minutes * 60, 2)}.${pad(nanos, 9)}Z`;
  return text as Instant;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** Hours as numbers count from 1970. */
export function hourOfNumber(number: number): HourText {
  if (number !== lastNumber) {
    lastHour = hourOfEpochMs(number * HOUR_MS);
    lastNumber = number;
  }
  return lastHour;
}

/** Rows that follow each other mostly share their hour, and formatting one is slow. */
let lastNumber = NaN;
let lastHour: HourText = '';

export function numberOfHour(hour: HourText): number {
  return hourStartEpochMs(hour) / HOUR_MS;
}

function hourStartEpochMs(hour: HourText): number {
  return instantToEpochMs(instantAt(hour, 0));
}

function hourOfEpochMs(epochMs: number): HourText {
  return new Date(epochMs).toISOString().slice(0, HOUR_LENGTH);
}

/** Behind the last hour, and in the form of one, so that an instant can stand there too. */
export const END_OF_HOURS: HourText = '9999-12-31T24';

export function hourAfter(hour: HourText): HourText {
  const next = hourOfEpochMs(hourStartEpochMs(hour) + HOUR_MS);
  return next > hour ? next : END_OF_HOURS;
}

function hourBefore(hour: HourText): HourText {
  return hourOfEpochMs(hourStartEpochMs(hour) - HOUR_MS);
}

/** A nanosecond later. */
export function instantAfter(instant: Instant): Instant {
  const hour = hourOf(instant);
  const offsetNs = offsetOf(instant) + 1;
  return offsetNs < HOUR_NS ? instantAt(hour, offsetNs) : instantAt(hourAfter(hour), 0);
}

/** A nanosecond earlier. */
export function instantBefore(instant: Instant): Instant {
  const hour = hourOf(instant);
  const offsetNs = offsetOf(instant) - 1;
  return offsetNs >= 0 ? instantAt(hour, offsetNs) : instantAt(hourBefore(hour), HOUR_NS - 1);
}

export function isHourText(text: string): boolean {
  const start = parseInstant(`${text}:00:00Z`);
  return start.ok && hourOf(start.value) === text;
}
