import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ConsolePage, startBrowser } from './console-browser.js';
import { faultsInEveryLook } from './every-look.js';
import { Plant } from './plant.js';

const stack = inject('stack');
let browser: Browser;
let plant: Plant;

beforeAll(async () => {
  browser = await startBrowser();
  plant = await Plant.of(stack);
  await plant.runs('LINE-1:PASTEURIZER', 0);
  await plant.runs('LINE-1:SEPARATOR', 3);
  await plant.runs('LINE-2:TANK-07', 200, (ago) => ago < 500 || ago > 740);
});
afterAll(() => browser.close());

async function withPage(path: string, use: (view: ConsolePage) => Promise<void>) {
  const view = await ConsolePage.open(browser, stack);
  await view.logIn(path);
  await use(view);
  await view.close();
}

describe('the overview', () => {
  it('can be used by everybody', async () => {
    await withPage('/?search=LINE-', async (view) => {
      const faults = await faultsInEveryLook(view, 'overview', async () => {
        await view.page.getByRole('link', { name: 'LINE-2:TANK-07' }).waitFor();
        await view.page.locator('.sparkline').first().waitFor();
      });

      expect(faults).toEqual([]);
    });
  });

  it('finds the sensor that is silent, and the address says so', async () => {
    await withPage('/?search=LINE-', async ({ page }) => {
      await page.getByRole('link', { name: 'LINE-1:PASTEURIZER' }).waitFor();

      await page.getByRole('button', { name: 'Silent' }).click();
      await page.getByRole('link', { name: 'LINE-1:PASTEURIZER' }).waitFor({ state: 'detached' });

      const row = page.getByRole('row', { name: /LINE-2:TANK-07/ });
      expect(await row.innerText()).toMatch(/Silent[^]*3 hr[^]*flow[^]*pressure/);
      expect(new URL(page.url()).search).toBe('?search=LINE-&state=silent');
    });
  });

  it('is sorted by age with the keyboard', async () => {
    await withPage('/?search=LINE-', async ({ page }) => {
      await page.getByRole('link', { name: 'LINE-1:PASTEURIZER' }).waitFor();

      await page.getByRole('button', { name: 'Age' }).focus();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Enter');

      await page
        .getByRole('columnheader', { name: 'Age' })
        .and(page.locator('[aria-sort="descending"]'))
        .waitFor();
      expect(await page.getByRole('rowheader').allInnerTexts()).toEqual([
        'LINE-2:TANK-07',
        'LINE-1:SEPARATOR',
        'LINE-1:PASTEURIZER',
      ]);
    });
  });

  it('shows a value that arrives, without anybody doing anything', async () => {
    await withPage('/?search=LINE-1:PAST', async ({ page }) => {
      await page.getByRole('link', { name: 'LINE-1:PASTEURIZER' }).waitFor();
      const timestamp = new Date().toISOString();

      await plant.api.post('/sensor-data', {
        equipmentId: 'LINE-1:PASTEURIZER',
        timestamp,
        values: { temperature: 99.25 },
      });

      await page.getByText('99.25').waitFor();
      expect(await page.locator('.freshness').getByText('Live').isVisible()).toBe(true);
    });
  });

  it('says that it is out of date while the service cannot be reached, and recovers by itself', async () => {
    await withPage('/?search=LINE-', async ({ page }) => {
      await page.getByRole('link', { name: 'LINE-1:PASTEURIZER' }).waitFor();

      await page.context().setOffline(true);
      await page.getByText('Reconnecting').waitFor();
      await page.context().setOffline(false);

      await page.locator('.freshness').getByText('Live').waitFor();
      expect(await page.getByRole('link', { name: 'LINE-2:TANK-07' }).isVisible()).toBe(true);
    });
  });
});
