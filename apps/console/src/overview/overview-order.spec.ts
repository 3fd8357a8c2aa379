import { describe, expect, it } from 'vitest';
import { needsAll, parametersOf, sorted, viewIn, type Status } from './overview-order.ts';

const AT = '2026-11-30T12:00:00.000Z';
const FLEET: readonly Status[] = [
  {
    equipmentId: 'A',
    state: 'on-time',
    lastTimestamp: AT,
    values: { value: 1 },
    usualGapSeconds: 60,
  },
  {
    equipmentId: 'B',
    state: 'silent',
    lastTimestamp: '2026-11-29T12:00:00.000Z',
    values: { value: 1 },
    usualGapSeconds: 1,
  },
  {
    equipmentId: 'C',
    state: 'late',
    lastTimestamp: '2026-11-30T11:00:00.000Z',
    values: { value: 1 },
    usualGapSeconds: 5,
  },
  {
    equipmentId: 'D',
    state: 'unknown',
    lastTimestamp: AT,
    values: { value: 1 },
    usualGapSeconds: null,
  },
];

function namesBy(by: string, descending = false): string {
  return sorted(FLEET, { by, descending })
    .map(({ equipmentId }) => equipmentId)
    .join('');
}

describe('the overview', () => {
  it.each([
    ['state', 'BCAD'],
    ['age', 'ADCB'],
    ['gap', 'BCAD'],
    ['equipment', 'ABCD'],
  ])('is sorted by %s: %s', (by, names) => {
    expect(namesBy(by)).toBe(names);
  });

  it('is sorted the other way round, what is equal by name', () => {
    expect(namesBy('age', true)).toBe('BCAD');
  });
});

describe('an address', () => {
  it.each([
    '',
    'search=LINE-1',
    'state=silent&sort=-age&page=3',
    'sort=-equipment',
    'search=A&after=WyJh',
  ])('"%s" is what its view leads to', (address) => {
    expect(parametersOf(viewIn(new URLSearchParams(address))).toString()).toBe(address);
  });

  it.each(['page=0', 'page=x', 'sort=color', 'state=broken'])(
    'with nonsense in it, %s, is the plain view',
    (address) => {
      expect(parametersOf(viewIn(new URLSearchParams(address))).toString()).toBe('');
    },
  );

  it('asks for everything only where the order of names does not do', () => {
    expect(needsAll(viewIn(new URLSearchParams('search=A&page=2')))).toBe(false);
    expect(needsAll(viewIn(new URLSearchParams('state=late')))).toBe(true);
    expect(needsAll(viewIn(new URLSearchParams('sort=age')))).toBe(true);
  });
});
