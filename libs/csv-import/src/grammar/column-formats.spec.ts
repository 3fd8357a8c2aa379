import { describe, expect, it } from 'vitest';
import { ColumnFormats } from './column-formats.js';
import { formatsThatFit } from './formats-that-fit.js';

const NOW = Date.UTC(2026, 0, 1);

function following(head: readonly string[]): ColumnFormats {
  return new ColumnFormats({ possible: formatsThatFit(head, NOW), ruledOut: [] }, NOW, '.');
}

function formatsOf({ state }: ColumnFormats): readonly string[] {
  return state.possible.map(({ format }) => format);
}

const DAYS = ['02/03/2023', '04/03/2023'];

describe('the formats of a whole column', () => {
  it.each([
    ['a row rules one out', ['13/03/2023'], ['dd/MM/yyyy']],
    ['a row rules the other one out', ['03/13/2023'], ['MM/dd/yyyy']],
    ['nothing tells them apart', ['05/06/2023'], ['dd/MM/yyyy', 'MM/dd/yyyy']],
    ['a row is no time', ['# calibrated', 'none', ''], ['dd/MM/yyyy', 'MM/dd/yyyy']],
    ['rows rule out each other', ['13/03/2023', '03/13/2023'], []],
    ['rows rule out each other, the first again', ['13/03/2023', '03/13/2023', '13/03/2023'], []],
    ['a row has another form', ['2023-03-02T10:00:00Z'], []],
    ['a row has another form behind one that decides', ['13/03/2023', '13.03.2023'], []],
  ])('are those of its head until %s', (_, rest, expected) => {
    const formats = following(DAYS);

    for (const text of rest) formats.note(text);

    expect(formatsOf(formats)).toEqual(expected);
    // As if the head were the whole column.
    expect(formatsThatFit([...DAYS, ...rest], NOW).map(({ format }) => format)).toEqual(expected);
  });

  it('are not made ambiguous by a 24:00 among dates of ISO', () => {
    const formats = formatsThatFit(['2018-11-03 24:00', '2018-11-03 23:00'], NOW);

    expect(formats.map(({ format }) => format)).toEqual(['yyyy-MM-dd HH:mm']);
  });

  it('are the same when somebody else goes on with them', () => {
    const texts = ['05/06/2023', '13/03/2023', '03/13/2023'];
    for (let cut = 0; cut <= texts.length; cut += 1) {
      const first = following(DAYS);
      for (const text of texts.slice(0, cut)) first.note(text);
      const second = new ColumnFormats(first.state, NOW, '.');

      for (const text of texts.slice(cut)) second.note(text);

      expect(formatsOf(second)).toEqual([]);
    }
  });

  it('are shown by a timestamp that tells them apart, once there is one', () => {
    const formats = following(['02/02/2023']);

    formats.note('03/04/2023');

    expect(formats.state.possible).toEqual([
      { format: 'dd/MM/yyyy', example: '03/04/2023', meaning: '2023-04-03T00:00:00.000' },
      { format: 'MM/dd/yyyy', example: '03/04/2023', meaning: '2023-03-04T00:00:00.000' },
    ]);
    expect(formats.isOpen).toBe(true);
  });
});
