import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, machineToken } from '../support/api-client.js';
import { allReadings } from '../support/sensorflow.js';
import { ConsolePage, startBrowser, type Look } from './console-browser.js';
import { faultsInLooks, type SpokenLanguage } from './every-look.js';
import { inMemory, ImportWizard } from './import-wizard.js';

const stack = inject('stack');
/** Its dates can be read in two ways, and it says neither its zone nor whose readings it has. */
const OPEN = 'Date;Temp (°C)\n02/03/2023 10:00;21,5\n04/03/2023 10:00;22,5\n';
const LOCAL = (equipmentId: string) =>
  `equipmentId,timestamp,temperature\n${equipmentId},2023-02-15 01:00:00,20\n`;
const FAULTY = (equipmentId: string) =>
  `equipmentId,timestamp,temperature,pressure\n${[
    `${equipmentId},2023-02-15T00:00:00Z,20,2.5`,
    `${equipmentId},2023-02-15T00:01:00Z,OL,2.6`,
    `${equipmentId},yesterday,22,2.7`,
  ].join('\n')}\n`;

/** Why a cell is refused, in the reader's language. */
const NOT_A_NUMBER = {
  en: 'temperature: A metric is a number',
  'pt-BR': 'temperature: Um valor é um número sem texto',
} as const;

let browser: Browser;
let api: ApiClient;

beforeAll(async () => {
  browser = await startBrowser();
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
});
afterAll(() => browser.close());

async function withPage(
  look: Look,
  use: (view: ConsolePage, wizard: ImportWizard) => Promise<void>,
  path = '/imports',
): Promise<void> {
  const view = await ConsolePage.open(browser, stack, look);
  // Leaving with a file that is not sent asks first.
  view.page.on('dialog', (dialog) => void dialog.accept());
  await view.logIn(path);
  await use(view, new ImportWizard(view.page));
  await view.close();
}

async function valuesOf(equipmentId: string) {
  const items = await allReadings(api, equipmentId);
  return items.map(({ timestamp, values }) => [timestamp, values]);
}

describe('every step of an import', () => {
  it.each<SpokenLanguage>(['en', 'pt-BR'])('can be used by everybody, in %s', async (language) => {
    await withPage({ locale: language }, async (view, wizard) => {
      const { page } = view;
      const seen = async (step: string) =>
        expect(await faultsInLooks(view, `imports-${step}`, language)).toEqual([]);
      await page.locator('.empty, table').first().waitFor();
      await seen('list');

      await wizard.choose({ name: 'open.csv', content: OPEN });
      await page.locator('.need[data-open=true]').first().waitFor();
      await seen('open');
      await page.locator('.import-file .button-quiet').click();

      await wizard.choose({ name: 'faulty.csv', content: FAULTY('IMP-LOOK') });
      await page.locator('.import-result table').waitFor();
      await seen('ready');
      await page.locator('.import-actions .button-primary').click();
      await page.locator('.table').getByText('yesterday').waitFor();
      await page.locator('.import-detail').getByText(NOT_A_NUMBER[language]).waitFor();
      await seen('faults');
    });
  });
});

describe('files', () => {
  it('are imported several at once, each with what was said of it', async () => {
    await withPage({}, async (view, wizard) => {
      const { page } = view;
      await wizard.choose(
        { name: 'one.csv', content: LOCAL('IMP-1') },
        { name: 'two.csv', content: LOCAL('IMP-2') },
        { name: 'sheet.xlsx', content: 'PK' },
      );
      await page.getByRole('button', { name: /^one\.csv/ }).click();
      await page.getByLabel('Time zone of the timestamps').fill('Europe/Berlin');
      await page.getByRole('button', { name: 'Use these choices for all files' }).click();
      await page.getByRole('button', { name: /^two\.csv.*Ready$/ }).waitFor();
      await page.getByRole('button', { name: /^sheet\.xlsx.*Cannot be imported$/ }).click();
      await page.getByText('Only .csv, .tsv').waitFor();
      await view.photograph('imports-several');
      expect(await view.accessibilityFaults()).toEqual([]);
      await page.getByRole('button', { name: 'Remove sheet.xlsx' }).click();

      await page.getByRole('button', { name: 'Import 2 files' }).click();

      for (const name of ['one.csv', 'two.csv']) {
        await page
          .getByRole('row', { name: new RegExp(name) })
          .getByText('Done')
          .waitFor();
      }
      const stored = [['2023-02-15T00:00:00.000Z', { temperature: 20 }]];
      expect(await valuesOf('IMP-1')).toEqual(stored);
      expect(await valuesOf('IMP-2')).toEqual(stored);
    });
  });

  it('with faults show them row by row, and are corrected in their report', async () => {
    await withPage({}, async ({ page }, wizard) => {
      await wizard.choose({ name: 'faulty.csv', content: FAULTY('IMP-3') });
      await wizard.settled();
      await wizard.send('faulty.csv');
      const faults = page.getByRole('table', { name: 'Rows with faults' });
      await faults.getByText('yesterday').waitFor();
      expect(await faults.getByRole('rowheader').allInnerTexts()).toEqual([
        'Not a number',
        'Not a time in this format',
      ]);

      const saved = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download the report' }).click();
      const report = await readFile(await (await saved).path(), 'utf8');
      const corrected = report.replace('OL', '21').replace('yesterday', '2023-02-15T00:02:00Z');
      await page
        .getByLabel('Send a corrected file')
        .setInputFiles(inMemory('corrected.csv', corrected));
      await wizard.settled();
      await wizard.send('corrected.csv');

      await page
        .locator('.import-status')
        .getByText(/^Done$/)
        .waitFor();
      expect(await valuesOf('IMP-3')).toEqual([
        ['2023-02-15T00:00:00.000Z', { temperature: 20, pressure: 2.5 }],
        ['2023-02-15T00:01:00.000Z', { temperature: 21, pressure: 2.6 }],
        ['2023-02-15T00:02:00.000Z', { temperature: 22, pressure: 2.7 }],
      ]);
    });
  });

  it('can be checked as a whole first, which stores nothing', async () => {
    await withPage({}, async ({ page }, wizard) => {
      await wizard.choose({ name: 'checked.csv', content: FAULTY('IMP-4') });
      await wizard.settled();
      await page.getByLabel('Check the whole file, but store nothing').check();
      await wizard.send('checked.csv');

      await page.getByText('The whole file was checked; nothing was stored.').waitFor();
      expect((await api.get('/sensor-data/IMP-4')).status).toBe(404);
      await page.getByRole('button', { name: 'Import it now' }).click();
      await wizard.settled();
      await wizard.send('checked.csv');
      await page.locator('.import-status').getByText(/^Done/).waitFor();
      expect(await valuesOf('IMP-4')).toHaveLength(2);
    });
  });
});

describe('a choice', () => {
  it('is open until somebody makes it, and each shows what it would come to', async () => {
    await withPage({}, async ({ page }) => {
      await page.locator('input[type=file]').first().setInputFiles(inMemory('open.csv', OPEN));

      const formats = page.getByRole('radio', { name: /yyyy HH:mm/ });
      await formats.first().waitFor();
      expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
      expect(await page.getByText(/means/).allInnerTexts()).toEqual([
        '02/03/2023 10:00 means March 2, 2023 at 10:00:00',
        '02/03/2023 10:00 means February 3, 2023 at 10:00:00',
      ]);
      expect(await page.getByRole('button', { name: 'Import open.csv' }).isDisabled()).toBe(true);
    });
  });

  it('and everything else can be made with the keyboard alone', async () => {
    await withPage({}, async (view, wizard) => {
      const { page } = view;
      const { keyboard } = page;
      const input = page.locator('.drop-zone input');
      await view.tabTo(input);
      // The window for files opens only within 5 s of a user's action, and a test's keys are not taken for one.
      await page.locator('h1').click();
      await input.focus();
      const asked = page.waitForEvent('filechooser');
      await keyboard.press('Enter');
      await (await asked).setFiles(inMemory('keys.csv', LOCAL('IMP-KEYS')));

      const open = page.getByRole('button', { name: 'Time zone', exact: true });
      await open.focus();
      await keyboard.press('Enter');
      await keyboard.type('UTC');
      await wizard.settled();
      await page.getByRole('button', { name: 'Import keys.csv' }).focus();
      await keyboard.press('Enter');

      await page.locator('.import-status').getByText('Done').waitFor();
      await page.getByRole('button', { name: 'Undo import' }).focus();
      await keyboard.press('Enter');
      await page.getByRole('dialog').waitFor();
      await keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      expect(await valuesOf('IMP-KEYS')).toEqual([
        ['2023-02-15T01:00:00.000Z', { temperature: 20 }],
      ]);
    });
  });

  it('outlives the end of the session', async () => {
    await withPage({}, async ({ page }, wizard) => {
      await wizard.choose({ name: 'late.csv', content: LOCAL('IMP-LATE') });
      await wizard.say({ timezone: 'UTC' });
      await wizard.settled();
      await page.context().clearCookies();

      await page.getByRole('button', { name: 'Import late.csv' }).click();
      await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
      await page.getByLabel('Password').fill(stack.user.password);
      await page.getByRole('button', { name: 'Log in' }).click();

      await page.locator('.import-status').getByText('Done').waitFor();
      expect(await valuesOf('IMP-LATE')).toEqual([
        ['2023-02-15T01:00:00.000Z', { temperature: 20 }],
      ]);
    });
  });

  it('outlives a reload: the file alone has to be chosen again', async () => {
    await withPage({}, async ({ page }, wizard) => {
      await wizard.choose({ name: 'again.csv', content: LOCAL('IMP-AGAIN') });
      await page.getByLabel('Time zone of the timestamps').fill('Asia/Kolkata');
      await wizard.settled();
      await page.reload();

      await page.getByText('Choose again.csv again').waitFor();
      await wizard.choose({ name: 'again.csv', content: LOCAL('IMP-AGAIN') });

      const zone = page.getByLabel('Time zone of the timestamps');
      expect(await zone.inputValue()).toBe('Asia/Kolkata');
    });
  });
});

describe('a large file', () => {
  const path = join(tmpdir(), `sensorflow-large-${process.pid}.csv`);
  /** The largest that there may be, in the long run of these tests. */
  const BYTES = process.env['SENSORFLOW_BROWSER'] === 'long' ? 2 * 1024 ** 3 : 300_000_000;
  const MOST_GROWTH_KIB = 150_000;
  const MOST_MS = 300_000;
  beforeAll(async () => {
    await writeFile(path, LOCAL('IMP-LARGE').replace('01:00:00', '01:00:00Z'));
    await truncate(path, BYTES);
  });
  afterAll(() => rm(path));

  it(
    'is sent without being read into memory, and is stopped with what that means',
    async () => {
      await withPage({}, async ({ page }, wizard) => {
        await page.locator('.drop-zone input').setInputFiles(path);
        await wizard.settled();
        const before = await largestProcessKib();

        const fileName = path.split('/').at(-1) ?? '';
        await wizard.send(fileName);
        await page
          .locator('.import-status')
          .getByText(/queue|Importing|Done/)
          .waitFor({ timeout: MOST_MS });

        expect((await largestProcessKib()) - before).toBeLessThan(MOST_GROWTH_KIB);
        await page.getByRole('button', { name: /^(Cancel|Undo) import$/ }).click();
        await page.getByRole('button', { name: /^(Cancel|Undo) it$/ }).click();
        await page.getByText('All values of this import were removed.').waitFor();
      });
    },
    MOST_MS,
  );

  /** Of the browser's processes the most memory that any ever had, in KiB. */
  async function largestProcessKib(): Promise<number> {
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const peaks = await Promise.all(
      processInfo.map(async ({ id }) => {
        const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
        return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
      }),
    );
    return Math.max(...peaks);
  }
});
