import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { ConsolePage, startBrowser } from './console-browser.js';
import { Plant } from './plant.js';

const stack = inject('stack');
const PUMP = 'KEYBOARD:PUMP-1';
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
  await (await Plant.of(stack)).runs(PUMP, 1, (ago) => ago < 300 || ago > 480);
});
afterAll(() => browser.close());

it('a gap is found, zoomed into, and a reading beside it corrected with the keyboard alone', async () => {
  const view = await ConsolePage.open(browser, stack);
  const { page } = view;
  await view.visit(`/?search=${PUMP}`);
  await page.getByLabel('Username').waitFor();
  await page.keyboard.type(stack.user.username);
  await page.keyboard.press('Tab');
  await page.keyboard.type(stack.user.password);
  await page.keyboard.press('Enter');

  const pump = page.getByRole('link', { name: PUMP });
  await pump.waitFor();
  await view.tabTo(pump);
  await page.keyboard.press('Enter');
  const gaps = page.getByRole('region', { name: 'Times without readings' });
  const zoom = gaps.getByRole('button').first();
  await zoom.waitFor();
  await view.tabTo(zoom);
  await page.keyboard.press('Enter');
  await page.waitForURL(/from=.*to=/);

  const chart = page.getByRole('application', { name: /pressure/ });
  await chart.waitFor();
  await view.tabTo(chart);
  await page.keyboard.press('End');
  expect(await page.locator('.chart output').nth(1).innerText()).toMatch(/\d/);

  const history = page.getByRole('button', { name: /^History/ }).first();
  await view.tabTo(history);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await view.tabTo(dialog.getByLabel('New value'));
  await page.keyboard.type('3.25');
  await page.keyboard.press('Enter');
  await dialog.getByText('Corrected.').waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  expect(await history.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(
    true,
  );
  await view.close();
});
