import type { Locator, Page } from 'playwright-core';
import type { CsvOptions } from '../../bench/csv/csv-file.ts';

const ROLES = new Set(['timestamp', 'date', 'time', 'equipmentId']);

/** Works the wizard of imports as a person would, in English. */
export class ImportWizard {
  constructor(private readonly page: Page) {}

  async choose(...files: readonly { readonly name: string; readonly content: string | Buffer }[]) {
    await this.page
      .locator('.drop-zone input[type=file]')
      .setInputFiles(files.map(({ name, content }) => inMemory(name, content)));
    await this.page.locator('.import-editor h2').first().waitFor();
  }

  /** Says what the options of an import say, where the wizard does not know it by itself. */
  async say(options: CsvOptions): Promise<void> {
    const { encoding, headerLine, decimal, missing, equipmentId } = options;
    if (encoding) await this.page.getByLabel(encoding).check();
    if (headerLine === 0) await this.page.getByLabel(/^None: the data begins/).check();
    if (equipmentId) {
      await this.page.getByLabel('Equipment for the whole file').fill(equipmentId);
      await this.settled();
    }
    await this.sayColumns(columnsOf(options));
    if (decimal === ',') await this.page.getByLabel(/^decimal comma/).check();
    if (missing) {
      await this.page.getByLabel(/^Cells that mean/).fill(missing.join('\n'));
    }
    await this.sayTime(options);
  }

  /** Imports what is chosen, and answers the id of the import. */
  async send(name: string): Promise<string> {
    await this.page.getByRole('button', { name: `Import ${name}` }).click();
    await this.page.waitForURL(/\/imports\/[0-9a-f-]{36}$/);
    return new URL(this.page.url()).pathname.split('/').at(-1) ?? '';
  }

  /** A number of the import's own page. */
  async figure(title: string): Promise<string> {
    const figure = this.page.locator('.figures > div').filter({ hasText: title });
    return figure.locator('dd').innerText();
  }

  /** The preview is that of everything that was said. */
  async settled(): Promise<void> {
    await this.page.waitForTimeout(TYPING_MS);
    await this.page.locator('.import-result[data-current=true]').waitFor();
  }

  private async sayTime({ timestampFormat, timezone, repeatedHour }: CsvOptions) {
    await this.settled();
    const format = this.page.getByRole('radio', { name: timestampFormat ?? '' });
    const asked = timestampFormat !== undefined && (await format.count()) > 0;
    if (asked) await format.first().check();
    if (timezone) await this.page.getByLabel('Time zone of the timestamps').fill(timezone);
    if (repeatedHour) {
      await this.page.getByLabel('Repeated hour').selectOption(repeatedHour);
    }
  }

  private async sayColumns(columns: ReadonlyMap<string, string | null>): Promise<void> {
    const isLong = columns.get('metric') === 'metric';
    if (isLong) await this.page.getByLabel(/^Yes: “metric”/).check();
    for (const [key, target] of columns) {
      if (isLong && (key === 'metric' || key === 'value')) continue;
      await this.sayColumn(key, target);
    }
  }

  private async sayColumn(key: string, target: string | null): Promise<void> {
    const select = await this.labelled('Meaning of', key);
    const meaning = target === null ? 'out' : ROLES.has(target) ? target : 'asMetric';
    if ((await select.inputValue()) !== meaning) await select.selectOption(meaning);
    if (meaning === 'asMetric' && target !== null) {
      await (await this.labelled('Metric of', key)).fill(target);
    }
  }

  /** A name that several columns have is followed by its place. */
  private async labelled(what: string, key: string): Promise<Locator> {
    const exact = this.page.getByLabel(`${what} ${key}`, { exact: true });
    const first = this.page.getByLabel(`${what} ${key}#1`, { exact: true });
    await exact.or(first).first().waitFor();
    return (await exact.count()) > 0 ? exact : first;
  }
}

/** Longer than the form waits for the next key. */
const TYPING_MS = 450;

export function inMemory(name: string, content: string | Buffer) {
  return { name, mimeType: 'text/csv', buffer: Buffer.from(content) };
}

/** Of a file without a header line the wizard makes the names, and its columns get theirs. */
function columnsOf({ columns = {}, names }: CsvOptions): ReadonlyMap<string, string | null> {
  if (!names) return new Map(Object.entries(columns));
  return new Map(names.map((name, at) => [`column_${at + 1}`, name.startsWith('_') ? null : name]));
}
