import { Retention } from '@sensorflow/sensor-data';
import { describe, expect, it, vi } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { write } from '../../../../test/support/written-times.js';
import { DEFAULT_OPTIONS } from '../grammar/import-options.js';
import { parseTimestampFormat } from '../grammar/timestamp-format.js';
import { timestampReader, type TimestampReader } from '../grammar/timestamp-reader.js';
import { parseTimezone } from '../grammar/timezone.js';
import { CsvPreviews } from './csv-preview.js';

/** Hundreds of files are previewed and imported, on a machine that may be busy. */
vi.setConfig({ testTimeout: 180_000 });

const NOW = new FixedClock().nowEpochMs();
const OPTIONS = { equipmentId: 'EQ-1', timezone: 'UTC' };

const TIMES = ['', ' H:mm', ' h:mm:ss a', ' HH'];
const ORDERS = ['dMy', 'Mdy', 'yMd', 'ydM'];
const SEPARATED = ['.', '/', '-', ' '].flatMap((separator) =>
  ORDERS.flatMap((order) =>
    ['yy', 'yyyy'].flatMap((year) =>
      [
        ['d', 'M'],
        ['dd', 'MM'],
      ].map(([d = '', M = '']) =>
        Array.from(order, (letter) => ({ d, M, y: year })[letter] ?? '').join(separator),
      ),
    ),
  ),
);
const NAMED = ['d-MMM-yy', 'yy-MMM-d', 'dd MMM yyyy', 'yyyy MMM dd', 'dd/MMM/yy', 'yy/MMM/dd'];
const RUNS = ORDERS.flatMap((order) =>
  ['yy', 'yyyy'].flatMap((year) => {
    const date = Array.from(order, (letter) => (letter === 'y' ? year : letter.repeat(2))).join('');
    return ['', 'HHmm', 'HHmmss'].map((time) => date + time);
  }),
);
const EPOCHS = ['epoch-s', 'epoch-ms', 'excel'];
const WRITTEN = [...SEPARATED, ...NAMED].flatMap((date) => TIMES.map((time) => date + time));
const FORMATS = [...WRITTEN, ...RUNS, ...EPOCHS];

/** Days that several orders can read: none of their numbers is above 12, or only one is. */
const MOMENTS = ['2003-02-01', '2011-12-10', '2013-08-04', '2016-02-15']
  .map((day) => Date.parse(`${day}T09:08:07Z`))
  .map((epochMs) => ({ epochMs, nanos: 0 }));

function readerOf(format: string): TimestampReader {
  const parsed = parseTimestampFormat(format);
  const zone = parseTimezone('UTC');
  if (!parsed.ok || !zone.ok) throw new Error(format);
  const options = { format: parsed.value, timezone: zone.value, repeatedHour: 'reject' } as const;
  return timestampReader(options, Retention.FOREVER);
}

const READERS = new Map(['iso', ...FORMATS].map((format) => [format, readerOf(format)]));

/** What a text means in a format; undefined where it is none of it, or a number in a wrong unit. */
function meaningIn(format: string, text: string): string | undefined {
  const read = READERS.get(format)?.read(text, NOW);
  if (read?.ok !== true || (EPOCHS.includes(format) && read.value < '1990')) return undefined;
  return read.value;
}

/** A text, and what it means in every format that can read it; only of those with several meanings. */
function ambiguousTexts(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (const pattern of [...WRITTEN, ...RUNS]) {
    for (const moment of MOMENTS) {
      const text = write(moment, pattern);
      if (found.has(text) || meaningIn('iso', text) !== undefined) continue;
      const meanings = FORMATS.flatMap((format) => {
        const meaning = meaningIn(format, text);
        return meaning === undefined ? [] : [[format, meaning] as const];
      });
      if (new Set(meanings.map(([, meaning]) => meaning)).size > 1)
        found.set(text, new Map(meanings));
    }
  }
  return found;
}

function fileOf(text: string): string {
  return `timestamp;value\n${text};1\n`;
}

async function importedWith(text: string, timestampFormat: string | undefined) {
  const bench = new ImportWorkbench();
  const options = { ...OPTIONS, timestampFormat };
  const { status, failure } = await bench.importFile(fileOf(text), { options });
  const instants = (await bench.readings()).map((reading) => reading.split(' ')[1]);
  return { status, detail: failure?.detail ?? '', instants };
}

describe('a column that two formats can read', () => {
  const texts = [...ambiguousTexts()];
  const previews = new CsvPreviews(new FixedClock(), Retention.FOREVER);

  it('is there for every pair of formats that look alike', () => {
    const pairs = new Set(
      texts.flatMap(([, meanings]) =>
        [...meanings].flatMap(([a, one]) =>
          [...meanings].flatMap(([b, other]) => (one === other || a >= b ? [] : [`${a} ${b}`])),
        ),
      ),
    );

    expect(pairs.size).toBeGreaterThan(200);
    for (const pair of ['MM.dd.yyyy dd.MM.yyyy', 'MMddyy yyMMdd', 'epoch-s yyMMddHHmm']) {
      expect(pairs).toContain(pair);
    }
  });

  it('has each of its meanings named in a preview, with a format that is read so', async () => {
    for (const [text, meanings] of texts) {
      const { timestampFormats, readings, faults } = await previews.preview({
        fileName: 'a.csv',
        head: Buffer.from(fileOf(text)),
        options: { ...DEFAULT_OPTIONS, ...OPTIONS },
      });

      const named = timestampFormats.map(({ format }) => readerOf(format).read(text, NOW));
      const instants = named.map((read) => (read.ok ? read.value : ''));
      expect([text, [...new Set(instants)].sort()]).toEqual([
        text,
        [...new Set(meanings.values())].sort(),
      ]);
      expect([text, readings]).toEqual([text, []]);
      expect(faults.map(({ code }) => code)).toContain('timestamp-format-unsaid');
    }
  });

  it('is not imported without a choice, and as chosen with one', async () => {
    // An import costs more than a preview, which has looked at all of them.
    for (const [text, meanings] of texts.filter((_, at) => at % 7 === 0)) {
      const unsaid = await importedWith(text, undefined);

      expect([text, unsaid.status, unsaid.instants]).toEqual([text, 'failed', []]);
      expect(unsaid.detail).toContain('only timestampFormat can say');
      const [format = '', meaning] = [...meanings].at(text.length % meanings.size) ?? [];
      const { status, instants } = await importedWith(text, format);
      expect([text, format, status, instants]).toEqual([text, format, 'completed', [meaning]]);
    }
  });
});
