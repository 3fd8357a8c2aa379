import { describe, expect, it } from 'vitest';
import { JoinableGroups } from './joinable-groups.js';

const HOUR = '2026-11-30T08';

describe('the groups that readings can join', () => {
  it('are found until they are removed', () => {
    const groups = new JoinableGroups<string>();
    const place = groups.placeOf('EQ-1', HOUR);

    groups.put(place, 'first');
    expect(groups.placeOf('EQ-1', HOUR).group).toBe('first');
    groups.remove(place, 'first');

    expect(groups.placeOf('EQ-1', HOUR).group).toBeUndefined();
    expect(groups.isEmpty).toBe(true);
  });

  it('are those of one equipment and hour', () => {
    const groups = new JoinableGroups<string>();

    groups.put(groups.placeOf('EQ-1', HOUR), 'first');

    expect(groups.placeOf('EQ-2', HOUR).group).toBeUndefined();
    expect(groups.placeOf('EQ-1', '2026-11-30T09').group).toBeUndefined();
  });

  it('stay when one is removed that another has followed', () => {
    const groups = new JoinableGroups<string>();
    const place = groups.placeOf('EQ-1', HOUR);
    groups.put(place, 'full');
    groups.put(place, 'second');

    groups.remove(place, 'full');
    expect(groups.placeOf('EQ-1', HOUR).group).toBe('second');
    expect(groups.isEmpty).toBe(false);

    groups.remove(place, 'second');
    expect(groups.isEmpty).toBe(true);
  });

  it('are found however many have come and gone', () => {
    const groups = new JoinableGroups<number>();
    groups.put(groups.placeOf('stays', HOUR), -1);

    for (let at = 0; at < 5_000; at += 1) {
      const place = groups.placeOf(`EQ-${at % 2000}`, `2026-11-30T${10 + (at % 7)}`);
      groups.put(place, at);
      groups.remove(place, at);
    }

    expect(groups.placeOf('stays', HOUR).group).toBe(-1);
    expect(groups.placeOf('EQ-1999', `2026-11-30T${10 + (4999 % 7)}`).group).toBeUndefined();
    expect(groups.isEmpty).toBe(false);
  });
});
