import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalStack } from '../support/local-stack.js';
import { ConsolePage, startBrowser } from './console-browser.js';
import { faultsInEveryLook } from './every-look.js';

let browser: Browser;
let empty: LocalStack;

beforeAll(async () => {
  [browser, empty] = await Promise.all([startBrowser(), LocalStack.start()]);
});
afterAll(async () => {
  await browser.close();
  await empty.stopAndForget();
});

describe('an empty installation', () => {
  it('can be used by everybody', async () => {
    const view = await ConsolePage.open(browser, empty.announcement);
    await view.logIn();

    const ofOverview = await faultsInEveryLook(view, 'empty', (t) =>
      view.page.getByText(t('overview.empty.title')).waitFor(),
    );
    await view.visit('/first-steps');
    const ofSteps = await faultsInEveryLook(view, 'first-steps', async (t) => {
      await view.page.getByRole('button', { name: t('first.way.csv') }).click();
      await view.page.getByRole('link', { name: t('first.file.import') }).waitFor();
    });

    expect([...ofOverview, ...ofSteps]).toEqual([]);
    await view.close();
  });

  it('shows how to send a first reading, with a key made on the spot, and the reading as it arrives', async () => {
    const view = await ConsolePage.open(browser, empty.announcement);
    await view.logIn();
    const { page } = view;
    await page.getByRole('link', { name: 'Send a first reading' }).click();
    await page.getByLabel('Equipment').fill('PUMP-7');
    await page.getByRole('button', { name: 'Create a key' }).click();
    const command = await page.getByRole('group', { name: 'Send a reading' }).innerText();
    await page.getByText('Waiting for a reading of PUMP-7').waitFor();

    const { stdout } = await promisify(execFile)('sh', ['-c', command]);

    expect(JSON.parse(stdout)).toMatchObject({ equipmentId: 'PUMP-7', value: 21.5 });
    await page.getByText('It has arrived').waitFor();
    await view.photograph('first-steps-arrived');
    expect(await view.accessibilityFaults()).toEqual([]);
    await page.getByRole('link', { name: 'Open PUMP-7' }).click();
    await page.getByRole('heading', { level: 1, name: 'PUMP-7' }).waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('link', { name: 'PUMP-7' }).waitFor();
    await view.close();
  });
});
