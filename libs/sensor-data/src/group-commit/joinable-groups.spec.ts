import { describe, expect, it } from 'vitest';
import { JoinableGroups } from './joinable-groups.js';

describe('the groups that readings can join', () => {
  it('are found until they are removed', () => {
    const groups = new JoinableGroups<string>();

    groups.add('EQ-1 06', 'first');
    expect(groups.find('EQ-1 06')).toBe('first');
    groups.remove('EQ-1 06', 'first');

    expect(groups.find('EQ-1 06')).toBeUndefined();
    expect(groups.isEmpty).toBe(true);
  });

  it('stay when one is removed that another has followed', () => {
    const groups = new JoinableGroups<string>();
    groups.add('EQ-1 06', 'first');
    groups.remove('EQ-1 06', 'first');
    groups.add('EQ-1 06', 'second');

    groups.remove('EQ-1 06', 'first');

    expect(groups.find('EQ-1 06')).toBe('second');
    expect(groups.isEmpty).toBe(false);
  });

  it('are found however many have come and gone', () => {
    const groups = new JoinableGroups<number>();
    groups.add('stays', -1);

    for (let at = 0; at < 5_000; at += 1) {
      groups.add(`EQ-${at}`, at);
      groups.remove(`EQ-${at}`, at);
    }

    expect(groups.find('stays')).toBe(-1);
    expect(groups.find('EQ-4999')).toBeUndefined();
    expect(groups.isEmpty).toBe(false);
  });
});
