import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ConsolePage, startBrowser } from './console-browser.js';
import { faultsInEveryLook } from './every-look.js';
import { Plant } from './plant.js';

const stack = inject('stack');
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
  await (await Plant.of(stack)).runs('PROOF:1', 1);
});
afterAll(() => browser.close());

async function withPage(path: string, use: (view: ConsolePage) => Promise<void>) {
  const view = await ConsolePage.open(browser, stack);
  await view.logIn(path);
  await use(view);
  await view.close();
}

it('the page of proof can be used by everybody', async () => {
  await withPage('/proof', async (view) => {
    const faults = await faultsInEveryLook(view, 'proof', () =>
      view.page.locator('.proof-levels').waitFor(),
    );

    expect(faults).toEqual([]);
  });
});

describe('the proof', () => {
  it('says in words that all sums are right', async () => {
    await withPage('/proof', async (view) => {
      const { page } = view;
      await page.getByLabel('Equipment (empty: all)').fill('PROOF:1');
      await page.getByRole('button', { name: 'Verify' }).click();

      await page.getByText(/stored sums? (is|are) right/).waitFor();
      await view.photograph('proof-right');
      expect(await page.getByText('All equal').count()).toBe(4);
      expect(await view.accessibilityFaults()).toEqual([]);
    });
  });
});
