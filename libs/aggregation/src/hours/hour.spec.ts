import { describe, expect, it } from 'vitest';
import { anInstant } from '../../../../test/support/readings.js';
import {
  dayOf,
  endOfHour,
  firstHourFrom,
  hourOf,
  hourOfEpochMs,
  hourPlus,
  isEmptyRange,
  latestHours,
  parseHour,
  startOfHour,
  startOfHourEpochSeconds,
} from './hour.js';

describe('an hour', () => {
  it.each([
    ['2023-02-15T01:30:00.000-05:00', '2023-02-15T06'],
    ['2023-02-15T01:30:00+14:00', '2023-02-14T11'],
    ['2023-02-14T23:30:00-12:00', '2023-02-15T11'],
    ['2023-02-15T06:29:59.999999999+05:30', '2023-02-15T00'],
    ['2023-02-15T06:30:00+05:30', '2023-02-15T01'],
    ['2023-02-15T06:44:59+05:45', '2023-02-15T00'],
    ['2023-02-15T06:45:00+05:45', '2023-02-15T01'],
    ['2024-02-29T23:59:59.999999999Z', '2024-02-29T23'],
    ['2024-01-01T00:00:00+00:01', '2023-12-31T23'],
  ])('of %s is the UTC hour %s', (text, hour) => {
    expect(hourOf(anInstant(text))).toBe(hour);
  });

  it('begins with its first instant and ends where the next begins', () => {
    const hour = hourOf(anInstant('2023-12-31T23:59:59.999999999Z'));

    expect(startOfHour(hour)).toBe(anInstant('2023-12-31T23:00:00Z'));
    expect(endOfHour(hour)).toBe(anInstant('2024-01-01T00:00:00Z'));
    expect(startOfHourEpochSeconds(hour)).toBe(Date.UTC(2023, 11, 31, 23) / 1000);
    expect(dayOf(hour)).toBe('2023-12-31');
  });

  it('can be counted forwards and backwards over days and leap days', () => {
    const hour = hourOf(anInstant('2024-02-28T22:00:00Z'));

    expect(hourPlus(hour, 2)).toBe('2024-02-29T00');
    expect(hourPlus(hourPlus(hour, 26), -26)).toBe(hour);
  });

  it.each(['1969-12-31T23:59:59Z', '+010000-01-01T00:00:00Z'])(
    'is not found for %s, which no reading can have',
    (text) => {
      expect(() => hourOfEpochMs(Date.parse(text))).toThrow(RangeError);
    },
  );

  it('without an end that can be written is refused rather than cut', () => {
    expect(() => endOfHour(hourOf(anInstant('9999-12-31T23:30:00Z')))).toThrow(RangeError);
  });

  it.each([
    '2023-02-30T01',
    '2023-02-15t06',
    '2023-02-15T24',
    '2023-02-15',
    '',
    '2023-02-15T06:00',
  ])('is not read from %j', (text) => {
    expect(parseHour(text)).toBeUndefined();
  });

  it('is read from its own text', () => {
    expect(parseHour('2023-02-15T06')).toBe('2023-02-15T06');
  });
});

describe('a range of hours', () => {
  it.each([
    ['2023-02-15T06:00:00Z', '2023-02-15T06'],
    ['2023-02-15T06:00:00.000000001Z', '2023-02-15T07'],
    ['2023-02-15T06:59:59Z', '2023-02-15T07'],
    ['9999-12-31T23:30:00Z', '9999-12-31T23'],
  ])('from %s begins with %s', (text, hour) => {
    expect(firstHourFrom(anInstant(text))).toBe(hour);
  });

  it('of the latest hours ends with the current one', () => {
    const now = Date.parse('2023-09-01T07:59:59.999Z');

    expect(latestHours(now, 24)).toEqual({ from: '2023-08-31T08', to: '2023-09-01T08' });
    expect(latestHours(now + 1, 24)).toEqual({ from: '2023-08-31T09', to: '2023-09-01T09' });
  });

  it('between two points of one hour is empty', () => {
    const from = firstHourFrom(anInstant('2023-02-15T06:15:00Z'));
    const to = firstHourFrom(anInstant('2023-02-15T06:45:00Z'));

    expect(isEmptyRange({ from, to })).toBe(true);
  });
});
