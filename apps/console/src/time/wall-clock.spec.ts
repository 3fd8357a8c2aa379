import { expect, it } from 'vitest';
import { Formats } from './formats.ts';
import { instantOf, wallClockAt } from './wall-clock.ts';

it.each([
  ['UTC', '2026-11-30T14:05:09', '2026-11-30T14:05:09Z'],
  ['America/Sao_Paulo', '2026-11-30T14:05:09', '2026-11-30T17:05:09Z'],
  ['Asia/Kolkata', '2026-11-30T00:00:00', '2026-11-29T18:30:00Z'],
  // Clocks are put forward at 02:00, and back at 02:00.
  ['America/New_York', '2026-03-08T01:59:59', '2026-03-08T06:59:59Z'],
  ['America/New_York', '2026-03-08T03:00:00', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T03:00:00', '2026-11-01T08:00:00Z'],
])('clocks in %s show %s at %s', (zone, wallClock, instant) => {
  const formats = new Formats('en', zone);

  expect(instantOf(wallClock, formats)).toBe(Date.parse(instant));
  expect(wallClockAt(Date.parse(instant), formats)).toBe(wallClock);
});

it('what is no date and time has no instant', () => {
  expect(instantOf('', new Formats('en', 'UTC'))).toBeNaN();
});
