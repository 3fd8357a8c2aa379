import { describe, expect, it } from 'vitest';
import { JoinableGroups } from './joinable-groups.js';

describe('the groups that readings can join', () => {
  it('are found until they are removed', () => {
    const groups = new JoinableGroups<string>();
    const place = groups.placeOf('EQ-1 06');

    groups.put(place, 'first');
    expect(groups.placeOf('EQ-1 06').group).toBe('first');
    groups.remove(place, 'first');

    expect(groups.placeOf('EQ-1 06').group).toBeUndefined();
    expect(groups.isEmpty).toBe(true);
  });

  it('stay when one is removed that another has followed', () => {
    const groups = new JoinableGroups<string>();
    const place = groups.placeOf('EQ-1 06');
    groups.put(place, 'full');
    groups.put(place, 'second');

    groups.remove(place, 'full');
    expect(groups.placeOf('EQ-1 06').group).toBe('second');
    expect(groups.isEmpty).toBe(false);

    groups.remove(place, 'second');
    expect(groups.isEmpty).toBe(true);
  });

  it('are found however many have come and gone', () => {
    const groups = new JoinableGroups<number>();
    groups.put(groups.placeOf('stays'), -1);

    for (let at = 0; at < 5_000; at += 1) {
      const place = groups.placeOf(`EQ-${at}`);
      groups.put(place, at);
      groups.remove(place, at);
    }

    expect(groups.placeOf('stays').group).toBe(-1);
    expect(groups.placeOf('EQ-4999').group).toBeUndefined();
    expect(groups.isEmpty).toBe(false);
  });
});
