import { beforeAll, describe, expect, inject, it } from 'vitest';
import { GAPS, LEFT_OUT } from './gaps.js';
import { REGION, runScript } from './ministack.js';

let stillGaps: Readonly<Record<string, boolean>>;

beforeAll(async () => {
  const { endpoint } = inject('deployment');
  const printed = await runScript('still_gaps.py', endpoint, REGION, JSON.stringify(LEFT_OUT));
  stillGaps = JSON.parse(printed);
});

describe('a gap of ministack', () => {
  const checked = GAPS.flatMap(({ gap, check }) => (check === undefined ? [] : [{ gap, check }]));

  it.each(checked)('is one still: $gap', ({ check }) => {
    expect(stillGaps[check]).toBe(true);
  });

  it('that can be checked is in the list', () => {
    expect(Object.keys(stillGaps).toSorted()).toEqual(checked.map(({ check }) => check).toSorted());
  });
});
