import { expect, it } from 'vitest';
import { askedIn } from './verification-run.ts';

const NOW = Date.parse('2026-11-30T12:34:56Z');

it.each([
  ['', '2026-11-29', '2026-11-30', ''],
  ['from=2026-01-02&to=2026-01-03&equipmentId=A', '2026-01-02', '2026-01-03', 'A'],
  ['from=yesterday&to=2026-13-40', '2026-11-29', '2026-11-30', ''],
])('the address "%s" asks for %s to %s of "%s"', (address, from, to, equipmentId) => {
  expect(askedIn(new URLSearchParams(address), NOW)).toEqual({ from, to, equipmentId });
});
