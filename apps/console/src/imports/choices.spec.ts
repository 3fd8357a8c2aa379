import { describe, expect, it } from 'vitest';
import { choicesOf, NO_CHOICES, optionsOf, withoutStaleColumns, withProposals } from './choices.ts';
import type { Preview } from './choices.ts';
import { openChoices } from './needs.ts';

const column = (key: string, role: string | null, proposal = role) => ({
  key,
  name: key,
  role,
  proposal,
  reason: '',
  reasonCode: 'metric' as const,
});
const format = (name: string) => ({ format: name, example: '', meaning: '' });
const fault = (code: string, option: string | null = null, rows = 0) => ({
  code,
  detail: '',
  parameters: {},
  line: rows > 0 ? 2 : null,
  rows,
  option,
});

function aPreview(parts: Partial<Preview>): Preview {
  return {
    encoding: 'utf-8',
    delimiter: ',',
    headerLine: 1,
    headerText: null,
    madeMetrics: [],
    options: {},
    columns: [],
    timestampFormats: [],
    readings: [],
    readingsAsProposed: false,
    faults: [],
    ...parts,
  };
}

function needsOf(parts: Partial<Preview>, choices = NO_CHOICES) {
  return [...openChoices(aPreview(parts), choices).needs];
}

describe('choices', () => {
  it('become options, and options choices', () => {
    const choices = {
      ...NO_CHOICES,
      equipmentId: ' EQ-1 ',
      columns: { a: null },
      timezone: 'UTC',
      headerLine: 0,
      names: ['a'],
      missing: '-200\n\n n/a ',
    };

    const options = optionsOf(choices);

    expect(optionsOf(NO_CHOICES)).toEqual({});
    expect(options).toEqual({
      equipmentId: 'EQ-1',
      columns: { a: null },
      timezone: 'UTC',
      headerLine: 0,
      names: ['a'],
      missing: ['-200', 'n/a'],
    });
    expect(optionsOf(choicesOf(options))).toEqual(options);
  });
});

describe('a proposal is taken', () => {
  it('where nobody can doubt it: what a column is, and the only format', () => {
    const preview = aPreview({
      columns: [column('ts', 'ts', 'timestamp'), column('t', 't')],
      timestampFormats: [format('epoch-s')],
    });

    expect(withProposals({}, preview)).toEqual({
      columns: { ts: 'timestamp' },
      timestampFormat: 'epoch-s',
    });
  });

  it('never of several formats, of a layout, or against what was said', () => {
    const preview = aPreview({
      columns: [column('Metric', 'Metric', 'metric'), column('ts', 'ts', 'timestamp')],
      timestampFormats: [format('dd/MM/yyyy'), format('MM/dd/yyyy')],
      faults: [fault('header-role-unsaid')],
    });

    expect(withProposals({ columns: { ts: null } }, preview)).toEqual({ columns: { ts: null } });
  });

  it('to leave a column out that has no name', () => {
    const preview = aPreview({
      columns: [column('#', null), column('_line', null)],
      faults: [fault('header-invalid-column')],
    });

    expect(withProposals({}, preview).columns).toEqual({ '#': null });
  });

  it('of date and time in columns that are called so', () => {
    const apart = (key: string) => ({
      ...column(key, key),
      reasonCode: 'date-and-time-apart' as const,
    });
    const preview = aPreview({
      columns: [apart('date'), apart('time'), column('T', 'T')],
      faults: [fault('header-missing-column')],
    });

    expect(withProposals({}, preview).columns).toEqual({ date: 'date', time: 'time' });
  });

  it('without choices for columns of another header line', () => {
    const preview = aPreview({ columns: [column('b', 'b')] });

    expect(withoutStaleColumns({ columns: { a: null, b: null } }, preview)).toEqual({
      columns: { b: null },
    });
  });
});

describe('what only a person can say', () => {
  it.each([
    ['the line of names', { faults: [fault('header-missing-column')] }, ['header']],
    [
      'time and equipment',
      { columns: [column('a', 'a')], faults: [fault('header-missing-column')] },
      ['time', 'equipment'],
    ],
    ['the format', { faults: [fault('timestamp-format-unsaid')] }, ['format']],
    [
      'the format, where no row fits',
      { faults: [fault('timestamp-malformed', null, 3)] },
      ['format'],
    ],
    ['the zone', { faults: [fault('timestamp-offset-missing')] }, ['zone']],
    [
      'the repeated hour',
      { faults: [fault('timestamp-ambiguous', 'repeatedHour', 4)] },
      ['repeatedHour'],
    ],
    ['the decimal sign', { faults: [fault('value-not-a-number', 'decimal', 4)] }, ['decimal']],
    ['the encoding', { faults: [fault('encoding-unsupported')] }, ['encoding']],
  ])('is %s', (_, parts, needs) => {
    expect(needsOf(parts)).toEqual(needs);
  });

  it('is nothing, once it is said: rows are rejected then', () => {
    const faults = [fault('value-not-a-number', 'decimal', 4)];
    const { needs, ofRows } = openChoices(aPreview({ faults }), { ...NO_CHOICES, decimal: '.' });

    expect([...needs]).toEqual([]);
    expect(ofRows).toEqual(faults);
  });

  it('is nothing of a file that is none: it is refused', () => {
    const faults = [fault('file-not-csv')];

    expect(openChoices(aPreview({ faults }), NO_CHOICES).fatal).toEqual(faults);
  });
});
