import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ConsolePage, startBrowser, type Look } from './console-browser.js';
import { faultsInEveryLook, faultsInLightAndDark } from './every-look.js';
import { Plant } from './plant.js';

const stack = inject('stack');
const TANK = 'SITE-A:TANK-01';
let browser: Browser;
let plant: Plant;

beforeAll(async () => {
  browser = await startBrowser();
  plant = await Plant.of(stack);
  await plant.runs(TANK, 1, (ago) => ago < 500 || ago > 740);
});
afterAll(() => browser.close());

async function withPage(look: Look, query: string, use: (view: ConsolePage) => Promise<void>) {
  const view = await ConsolePage.open(browser, stack, look);
  await view.logIn(`/equipment/${TANK}${query}`);
  await view.page.locator('.chart canvas').first().waitFor();
  await use(view);
  await view.close();
}

describe('one equipment', () => {
  it('can be used by everybody', async () => {
    await withPage({}, '?metrics=temperature,pressure', async (view) => {
      const faults = await faultsInEveryLook(view, 'equipment', () =>
        view.page.locator('.chart canvas').first().waitFor(),
      );

      expect(faults).toEqual([]);
    });
  });

  it('has dialogs that can be used by everybody', async () => {
    await withPage({}, '?metrics=temperature', async (view) => {
      const { page } = view;
      const range = await faultsInLightAndDark(view, 'equipment-range', async (t) => {
        await page.getByRole('button', { name: t('range.free') }).click();
        await page.getByRole('dialog').waitFor();
      });
      const reading = await faultsInLightAndDark(view, 'equipment-reading', async (t) => {
        await page
          .getByRole('button', { name: new RegExp(`^${t('equipment.history')}`) })
          .first()
          .click();
        await page.getByRole('dialog').getByRole('rowheader', { name: 'temperature' }).waitFor();
      });

      expect([...range, ...reading]).toEqual([]);
    });
  });

  it('shows hours with their band over a quarter, and says how many have readings', async () => {
    const to = Math.ceil(Date.now() / 3_600_000) * 3_600_000;
    const range = [to - 90 * 86_400_000, to].map((at) => new Date(at).toISOString());
    const query = `?metrics=temperature&from=${range[0]}&to=${range[1]}`;
    await withPage({}, query, async (view) => {
      await view.page.getByText('Hourly averages').waitFor();

      await view.photograph('equipment-quarter');
      expect(await view.page.getByText('Hours with readings').count()).toBe(1);
      expect(await view.page.getByText(/^\d\d \/ 2160$/).innerText()).toMatch(/^2[0-2] /);
    });
  });

  it('zooms into the gap by dragging, and the address says where', async () => {
    await withPage({}, '?metrics=temperature', async ({ page }) => {
      const box = await page.locator('.chart .u-over').boundingBox();
      if (!box) throw new Error('no chart');

      await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
      await page.mouse.up();

      await page.waitForURL(/from=.*to=/);
      const { searchParams } = new URL(page.url());
      const length =
        Date.parse(searchParams.get('to') ?? '') - Date.parse(searchParams.get('from') ?? '');
      expect(length / 3_600_000).toBeGreaterThan(6.5);
      expect(length / 3_600_000).toBeLessThan(8);
      await page.locator('.chart canvas').first().waitFor();
    });
  });

  it('names its gap, and zooms into it', async () => {
    await withPage({}, '?metrics=temperature', async (view) => {
      const { page } = view;
      const gaps = page.getByRole('region', { name: 'Times without readings' });
      const gap = gaps.getByRole('listitem').first();
      expect(await gap.innerText()).toContain('4 hr');

      await gap.getByRole('button', { name: 'Zoom in' }).click();

      await page.waitForURL(/from=.*to=/);
      const { searchParams } = new URL(page.url());
      const [from, to] = ['from', 'to'].map((name) => Date.parse(searchParams.get(name) ?? ''));
      expect((Number(to) - Number(from)) / 3_600_000).toBeCloseTo(6.05, 1);
      await page.getByText('Every reading.').waitFor();
      await view.photograph('equipment-gap');
      expect(await gaps.getByRole('listitem').count()).toBe(1);
    });
  });

  it('shows a time of one’s own, in the zone on the screen', async () => {
    await withPage({ timezoneId: 'America/Sao_Paulo' }, '?metrics=flow', async ({ page }) => {
      await page.getByRole('button', { name: 'Custom…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('From').fill('2026-01-02T10:00:00');
      await dialog.getByLabel('To').fill('2026-01-02T09:00:00');
      await dialog.getByRole('button', { name: 'Show' }).click();
      await dialog.getByText('Enter two times. The second must be later than the first.').waitFor();
      await dialog.getByLabel('To').fill('2026-01-02T12:00:00');
      await dialog.getByRole('button', { name: 'Show' }).click();

      await page.getByText('There are no readings in this time range.').waitFor();
      const { searchParams } = new URL(page.url());
      expect([searchParams.get('from'), searchParams.get('to')]).toEqual([
        '2026-01-02T13:00:00.000Z',
        '2026-01-02T15:00:00.000Z',
      ]);
    });
  });

  it('shows a quarter of an hour, which is shorter than any aggregate', async () => {
    const to = Math.floor(Date.now() / 60_000) * 60_000;
    const range = [to - 900_000, to].map((at) => new Date(at).toISOString());
    await withPage({}, `?metrics=flow&from=${range[0]}&to=${range[1]}`, async ({ page }) => {
      await page.getByText('Every reading.').waitFor();

      expect(await page.getByRole('rowheader').count()).toBeGreaterThan(10);
      await page.getByRole('button', { name: 'Zoom out' }).click();
      await page.waitForURL((url) => url.searchParams.get('from') !== range[0]);
    });
  });

  it('is read point by point with the keyboard', async () => {
    await withPage({}, '?metrics=temperature', async ({ page }) => {
      await page.getByRole('application', { name: /temperature/ }).focus();
      await page.keyboard.press('End');
      const last = await page.locator('.chart output').innerText();
      await page.keyboard.press('ArrowLeft');

      expect(last).toMatch(/^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d\s+\d+(\.\d+)?$/);
      expect(await page.locator('.chart output').innerText()).not.toBe(last);
    });
  });

  it('gives what it shows as a file, in UTC and with every digit', async () => {
    await withPage({}, '?metrics=temperature', async ({ page }) => {
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download CSV' }).click();

      const text = await readFile(await (await saved).path(), 'utf8');
      const [header, first] = text.split('\r\n');
      expect(header).toBe('equipmentId,timestamp,local Europe/Berlin,temperature');
      expect(first).toMatch(/^SITE-A:TANK-01,20[\dT:.-]+Z,20[\d: -]+ \+0[12]:00,\d+(\.\d+)?$/);
      expect(text.split('\r\n').length).toBeGreaterThan(1000);
    });
  });

  it('lets an administrator correct a reading, which keeps its history, and remove it', async () => {
    await withPage({}, '?metrics=temperature', async (view) => {
      const { page } = view;
      await page
        .getByRole('button', { name: /^History/ })
        .first()
        .click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('rowheader', { name: 'temperature' }).waitFor();

      await dialog.getByLabel('Metric').selectOption('temperature');
      await dialog.getByLabel('New value').fill('71.5');
      await dialog.getByRole('button', { name: 'Correct' }).click();
      await dialog.getByRole('cell', { name: '71.5' }).waitFor();
      expect(await dialog.getByRole('rowheader', { name: 'temperature' }).count()).toBe(2);
      await view.photograph('equipment-correction');
      expect(await view.accessibilityFaults()).toEqual([]);

      await dialog.getByLabel('What').selectOption('temperature');
      await dialog.getByRole('button', { name: 'Remove' }).click();
      await dialog.getByRole('button', { name: 'Yes, remove it' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.getByText('71.5').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'pressure' }).click();
      await page
        .getByRole('button', { name: /^History/ })
        .first()
        .click();
      await dialog.getByRole('row', { name: /temperature 71\.5, removed/ }).waitFor();
      await dialog.getByRole('button', { name: 'Remove' }).click();
      await dialog.getByRole('button', { name: 'Yes, remove it' }).click();
      await dialog.waitFor({ state: 'detached' });
    });
  });

  it('is seen beside another, over the same time', async () => {
    await plant.runs('SITE-A:TANK-02', 1);
    await withPage({}, '?metrics=temperature', async (view) => {
      const { page } = view;
      await page.getByLabel('Equipment to compare with').fill('SITE-A:TANK-02');
      await page.getByRole('button', { name: 'Add' }).click();

      await page.getByRole('application', { name: 'SITE-A:TANK-02 · temperature' }).waitFor();
      expect(new URL(page.url()).searchParams.get('with')).toBe('SITE-A:TANK-02');
      const summary = page.getByRole('table', { name: 'Side by side, over the whole time range' });
      expect(await summary.getByRole('rowheader').allInnerTexts()).toEqual([
        TANK,
        'SITE-A:TANK-02',
      ]);
      const hourly = page.getByRole('table', { name: 'Hourly averages side by side' });
      expect(await hourly.getByRole('columnheader').allInnerTexts()).toEqual([
        'Hour (UTC)',
        `${TANK} · temperature`,
        'SITE-A:TANK-02 · temperature',
      ]);
      expect(await hourly.getByRole('cell', { name: '–' }).count()).toBeGreaterThan(1);
      await view.photograph('equipment-compared');
      expect(await view.accessibilityFaults()).toEqual([]);
      await page.getByRole('button', { name: 'Remove SITE-A:TANK-02' }).click();
      await page.getByRole('link', { name: 'SITE-A:TANK-02' }).waitFor({ state: 'detached' });
    });
  });

  it('that does not exist is said to be unknown', async () => {
    const view = await ConsolePage.open(browser, stack);
    await view.logIn('/equipment/NOBODY');

    await view.page.getByText('Equipment not found').waitFor();
    expect(await view.accessibilityFaults()).toEqual([]);
    await view.close();
  });
});
