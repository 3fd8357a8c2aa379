import { describe, expect, it } from 'vitest';
import { Formats } from './formats.ts';

const AT = Date.parse('2026-03-08T06:59:59.000Z');

describe('an instant', () => {
  it.each([
    ['UTC', '2026-03-08 06:59:59 +00:00'],
    ['America/Sao_Paulo', '2026-03-08 03:59:59 -03:00'],
    ['America/New_York', '2026-03-08 01:59:59 -05:00'],
    ['Asia/Kolkata', '2026-03-08 12:29:59 +05:30'],
  ])('in %s shows its offset', (zone, shown) => {
    expect(new Formats('en', zone).instant(AT)).toBe(shown);
    expect(new Formats('pt-BR', zone).instant(AT)).toBe(shown);
  });

  it('one second later, after the clocks went forward, has the other offset', () => {
    expect(new Formats('en', 'America/New_York').instant(AT + 1000)).toBe(
      '2026-03-08 03:00:00 -04:00',
    );
  });
});

describe('a number', () => {
  it('is written as the language writes it', () => {
    expect(new Formats('en', 'UTC').number(1234.5678)).toBe('1,234.57');
    expect(new Formats('pt-BR', 'UTC').number(1234.5678)).toBe('1.234,57');
  });

  it('keeps every digit where it has to', () => {
    expect(new Formats('en', 'UTC').exactNumber(0.1)).toBe('0.1');
    expect(new Formats('en', 'UTC').exactNumber(0.1 + 0.2)).toBe('0.30000000000000004');
  });
});

describe('a duration', () => {
  const { duration } = { duration: (ms: number) => new Formats('en', 'UTC').duration(ms) };

  it.each([
    [-5, '0 sec'],
    [999, '0 sec'],
    [119_000, '119 sec'],
    [120_000, '2 min'],
    [119 * 60_000, '119 min'],
    [48 * 3_600_000, '2 days'],
  ])('of %i ms is %s', (ms, shown) => {
    expect(duration(ms)).toBe(shown);
  });
});
