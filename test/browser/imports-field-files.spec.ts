import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, machineToken } from '../support/api-client.js';
import { FIELD_FILES } from '../support/field-files.js';
import { allReadings } from '../support/sensorflow.js';
import { ConsolePage, startBrowser } from './console-browser.js';
import { ImportWizard } from './import-wizard.js';

/** One of each kind; the e2e tier imports them all over HTTP. */
const KINDS = ['3', '7', '8', '9', '10', '11', '12', '13', '14', '15', '20', '25'];
const FILES = KINDS.map((kind) => {
  const found = FIELD_FILES.find(({ name }) => name.startsWith(`${kind} `));
  if (!found) throw new Error(`no field file ${kind}`);
  return found;
});

const stack = inject('stack');
let browser: Browser;
let view: ConsolePage;
let wizard: ImportWizard;
let api: ApiClient;

beforeAll(async () => {
  browser = await startBrowser();
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
  view = await ConsolePage.open(browser, stack);
  await view.logIn('/imports');
  wizard = new ImportWizard(view.page);
});
afterAll(async () => {
  await view.close();
  await browser.close();
});

async function readingsOf(equipmentId: string) {
  const items = await allReadings(api, equipmentId);
  return Object.fromEntries(items.map(({ timestamp, values }) => [timestamp, values]));
}

describe('a file from the field, through the wizard', () => {
  it.each(FILES)('$name', async ({ name, file, options = {}, rows, readings = {} }) => {
    const { page } = view;
    const fileName = `field-${name.split(' ', 1)[0]}.csv`;
    await page
      .getByRole('link', { name: /^(Imports|All imports)$/ })
      .first()
      .click();

    await wizard.choose({ name: fileName, content: file });
    await wizard.say(options);
    await wizard.settled();
    await view.photograph(`imports-field-${name.split(' ', 1)[0]}`);
    await wizard.send(fileName);

    await page.locator('.import-status').getByText(/^Done/).waitFor();
    const [accepted, rejected] = rows;
    expect(await wizard.figure('Accepted')).toBe(String(accepted));
    expect(await wizard.figure('Rejected')).toBe(String(rejected));
    for (const [equipmentId, expected] of Object.entries(readings)) {
      expect(await readingsOf(equipmentId)).toEqual(expected);
    }
  });

  it('is undone, and nothing of it remains', async () => {
    const { page } = view;
    await page.getByRole('link', { name: 'All imports' }).click();
    await page.getByRole('link', { name: 'field-14.csv' }).first().click();

    await page.getByRole('button', { name: 'Undo import' }).click();
    await page.getByRole('dialog').getByText('All values of this import are removed').waitFor();
    await view.photograph('imports-undo');
    expect(await view.accessibilityFaults()).toEqual([]);
    await page.getByRole('button', { name: 'Undo it' }).click();

    await page.getByText('All values of this import were removed.').waitFor();
    expect(await readingsOf('FC-14')).toEqual({});
  });
});
