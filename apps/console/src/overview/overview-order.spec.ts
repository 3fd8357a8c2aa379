import { describe, expect, it } from 'vitest';
import { isChosen, parametersOf, sortParameter, viewIn } from './overview-order.ts';

describe('an address', () => {
  it.each([
    '',
    'search=LINE-1',
    'state=silent&sort=-age',
    'sort=-equipment',
    'search=A&after=WyJh',
  ])('"%s" is what its view leads to', (address) => {
    expect(parametersOf(viewIn(new URLSearchParams(address))).toString()).toBe(address);
  });

  it.each(['sort=color', 'sort=constructor', 'state=broken'])(
    'with nonsense in it, %s, is the plain view',
    (address) => {
      expect(parametersOf(viewIn(new URLSearchParams(address))).toString()).toBe('');
    },
  );

  it('asks the service to look through all equipment only where the order of names does not do', () => {
    expect(isChosen(viewIn(new URLSearchParams('search=A')))).toBe(false);
    expect(isChosen(viewIn(new URLSearchParams('state=late')))).toBe(true);
    expect(isChosen(viewIn(new URLSearchParams('sort=age')))).toBe(true);
  });

  it.each([
    ['', {}],
    ['sort=-equipment', { sort: 'equipmentId', order: 'desc' }],
    ['sort=state', { sort: 'state', order: 'asc' }],
    ['sort=age', { sort: 'lastTimestamp', order: 'desc' }],
    ['sort=-age', { sort: 'lastTimestamp', order: 'asc' }],
  ])('"%s" is sorted by the API as %o', (address, parameters) => {
    expect(sortParameter(viewIn(new URLSearchParams(address)).sort)).toEqual(parameters);
  });
});
