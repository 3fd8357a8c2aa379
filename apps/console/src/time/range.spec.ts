import { describe, expect, it } from 'vitest';
import { moved, rangeIn, scaled, wholeHours, withRange } from './range.ts';

const NOW = Date.parse('2026-11-30T12:34:56Z');

function shown(address: string): readonly [string | undefined, string, string] {
  const { name, fromEpochMs, toEpochMs } = rangeIn(new URLSearchParams(address), NOW);
  return [name, new Date(fromEpochMs).toISOString(), new Date(toEpochMs).toISOString()];
}

describe('a range', () => {
  it.each([
    ['', '24h', '2026-11-29T13:00:00.000Z', '2026-11-30T13:00:00.000Z'],
    ['range=1w', '1w', '2026-11-23T13:00:00.000Z', '2026-11-30T13:00:00.000Z'],
    ['range=1y', '24h', '2026-11-29T13:00:00.000Z', '2026-11-30T13:00:00.000Z'],
    [
      'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
      '24h',
      '2026-11-29T13:00:00.000Z',
      '2026-11-30T13:00:00.000Z',
    ],
    [
      'from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00%2B01:00',
      undefined,
      '2026-01-01T00:00:00.000Z',
      '2026-01-01T23:00:00.000Z',
    ],
  ])('of the address "%s"', (address, name, from, to) => {
    expect(shown(address)).toEqual([name, from, to]);
  });

  it('is never longer than the API answers at once', () => {
    expect(shown('from=2000-01-01T00:00:00Z&to=2026-01-02T00:00:00Z')[1]).toBe(
      '2025-01-02T00:00:00.000Z',
    );
  });

  it('of some minutes touches an hour or two', () => {
    const minutes = new URLSearchParams('from=2026-01-01T10:50:00Z&to=2026-01-01T11:10:00Z');

    expect(wholeHours(rangeIn(minutes, NOW))).toEqual({
      from: '2026-01-01T10:00:00.000Z',
      to: '2026-01-01T12:00:00.000Z',
    });
  });

  it('can be moved, scaled and put back into an address', () => {
    const range = rangeIn(new URLSearchParams('range=24h'), NOW);
    const earlier = withRange(new URLSearchParams('range=24h&metrics=a'), moved(range, -1));
    const zoomed = withRange(new URLSearchParams(), scaled(range, 0.5));

    expect(earlier.toString()).toBe(
      'metrics=a&from=2026-11-28T13%3A00%3A00.000Z&to=2026-11-29T13%3A00%3A00.000Z',
    );
    expect(shown(zoomed.toString()).slice(1)).toEqual([
      '2026-11-29T19:00:00.000Z',
      '2026-11-30T07:00:00.000Z',
    ]);
    expect(withRange(earlier, '1m').toString()).toBe('metrics=a&range=1m');
  });
});
