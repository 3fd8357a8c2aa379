import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../support/api-client.js';
import { plantWrongMaximum } from '../support/planted-difference.js';
import { ConsolePage, startBrowser } from './console-browser.js';
import { faultsInEveryLook } from './every-look.js';
import { Plant } from './plant.js';

const stack = inject('stack');
const DAY = '2023-03-01';
const HOUR = `${DAY}T06`;
const ADDRESS = `/proof?from=${DAY}&to=${DAY}`;
let browser: Browser;

beforeAll(async () => {
  const [started, { api }] = await Promise.all([startBrowser(), Plant.of(stack)]);
  browser = started;
  for (const [equipmentId, value] of [
    ['PROOF:1', 12.5],
    ['PROOF:2', 80],
  ] as const) {
    await api.post('/sensor-data', { equipmentId, timestamp: `${HOUR}:30:00Z`, value });
  }
  await eventually(
    async () =>
      api.get('/sensor-data/aggregated', {
        from: `${HOUR}:00:00Z`,
        to: `${DAY}T07:00:00Z`,
      }),
    ({ body }) => body.totalCount === 2,
  );
});
afterAll(() => browser.close());

async function withPage(path: string, use: (view: ConsolePage) => Promise<void>) {
  const view = await ConsolePage.open(browser, stack);
  await view.logIn(path);
  await use(view);
  await view.close();
}

describe('verifying totals', () => {
  it('can be used by everybody', async () => {
    await withPage(ADDRESS, async (view) => {
      const faults = await faultsInEveryLook(view, 'proof', async (t) => {
        await view.page.getByRole('button', { name: t('proof.verify') }).click();
        await view.page.getByText(t('proof.right.text')).waitFor();
      });

      expect(faults).toEqual([]);
    });
  });

  it('of one equipment says that its totals are correct, and does not speak of those of all', async () => {
    await withPage(ADDRESS, async ({ page }) => {
      await page.getByLabel('Equipment (empty: all)').fill('PROOF:1');
      await page.getByRole('button', { name: 'Verify' }).click();

      await page.getByText('The stored total is correct').waitFor();
      expect(await page.locator('.proof-levels').innerText()).toMatch(
        /5-minute[^]*No difference[^]*each equipment[^]*No difference[^]*subtotals[^]*Not checked[^]*all equipment[^]*Not checked/,
      );
      expect(new URL(page.url()).searchParams.get('equipmentId')).toBe('PROOF:1');
    });
  });

  it('of days without readings says that there is nothing to check', async () => {
    await withPage('/proof?from=2001-01-01&to=2001-01-01', async ({ page }) => {
      await page.getByRole('button', { name: 'Verify' }).click();

      await page.getByText('There are no stored totals for these days.').waitFor();
      expect(await page.getByText('Not checked').count()).toBe(4);
    });
  });

  it('can be stopped', async () => {
    await withPage('/proof?from=2024-01-01&to=2024-12-31', async ({ page }) => {
      await page.route(/aggregated\/verify/, async () => {});
      await page.getByRole('button', { name: 'Verify' }).click();
      await page.getByRole('button', { name: 'Stop' }).click();

      await page.getByText('Stopped.').waitFor();
      expect(await page.getByRole('button', { name: 'Verify' }).isEnabled()).toBe(true);
    });
  });

  it('finds a wrong total with both values, repairs it, and finds nothing afterwards', async () => {
    const planted = { equipmentId: 'PROOF:1', hour: HOUR, metric: 'value', stored: 9000 };
    await plantWrongMaximum(stack, inject('stackDataDir'), planted);
    await withPage(ADDRESS, async (view) => {
      const { page } = view;
      await page.getByRole('button', { name: 'Verify' }).click();

      await page.getByText(/stored numbers? (is|are) wrong/).waitFor();
      await view.photograph('proof-wrong');
      expect(await view.accessibilityFaults()).toEqual([]);
      const row = page.getByRole('row', { name: /PROOF:1/ });
      expect((await row.innerText()).replaceAll(/\s+/g, ' ')).toMatch(
        /Hourly totals of each equipment PROOF:1 value 2023-03-01 07:00:00 \+01:00 Highest 9000 12\.5/,
      );
      expect(await page.getByText(/^\d+ differences?$/).count()).toBeGreaterThan(0);

      await page.getByRole('button', { name: 'Repair totals' }).click();
      await page.getByText(/numbers? (was|were) repaired/).waitFor();
      await page.getByRole('button', { name: 'Verify again' }).click();
      await page.getByText(/stored totals are correct/).waitFor();
      expect(await page.getByText('No difference').count()).toBe(4);
    });
  });
});
