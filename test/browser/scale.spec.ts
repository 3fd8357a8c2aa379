import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { LocalStack } from '../support/local-stack.js';
import { listEquipment, storeReadings, type SeededReading } from '../support/stored-readings.js';
import { ConsolePage, startBrowser } from './console-browser.js';
import { longestTaskMs } from './main-thread.js';
import { leastMs, timeOf } from './stopwatch.js';

const EQUIPMENT = 10_000;
const SILENT = 'P-07777';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MONTH_HOURS = 30 * 24;
/** A minute in which the month has its highest temperature. */
const PEAK = 12_345;

const MOST_OVERVIEW_MS = 1500;
const MOST_CHART_MS = 1000;
const MOST_TASK_MS = 50;
const FINER_MS = 3000;

let browser: Browser;
let stack: LocalStack;
let view: ConsolePage;

beforeAll(async () => {
  [browser, stack] = await Promise.all([startBrowser(), LocalStack.start()]);
  const { announcement, dataDir } = stack;
  const ms = await timeOf(async () => {
    await storeReadings(announcement, dataDir, month());
    await monthIsAggregated();
    // Its aggregates are made while the tests run, as on any day.
    await storeReadings(announcement, dataDir, fleet());
    await listEquipment(announcement, dataDir, fleet());
  });
  report('a month and 10,000 equipment, stored', ms);
  view = await ConsolePage.open(browser, announcement);
  await view.logIn();
}, 240_000);
afterAll(async () => {
  await browser.close();
  await stack.stopAndForget();
});

/** Each has sent twice within the last full hour; one of them did so a day before, and has been silent since. */
function fleet(): readonly SeededReading[] {
  const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
  const ids = Array.from({ length: EQUIPMENT }, (_, n) => `P-${String(n).padStart(5, '0')}`);
  return ids.flatMap((equipmentId, n) =>
    [0, 55].map((minute) => ({
      equipmentId,
      epochMs: hour + minute * MINUTE_MS - (equipmentId === SILENT ? 24 * HOUR_MS : 0),
      values: { level: n % 100 },
    })),
  );
}

function month(): readonly SeededReading[] {
  const end = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: MONTH_HOURS * 60 }, (_, ago) => ({
    equipmentId: 'MONTH',
    epochMs: end - ago * MINUTE_MS,
    values: {
      temperature: ago === PEAK ? 999.5 : Math.round(6800 + 900 * Math.sin(ago / 229)) / 100,
      pressure: Math.round(2400 + 300 * Math.sin(ago / 97)) / 1000,
      flow: 40 + (ago % 10),
    },
  }));
}

async function monthIsAggregated(): Promise<void> {
  const anyone = await ApiClient.connect(stack.announcement.baseUrl);
  const api = anyone.withToken(await machineToken(stack.announcement));
  const query = { equipmentId: 'MONTH', metric: 'flow', interval: '1m', limit: '1' };
  await eventually(
    async () => api.get('/sensor-data/aggregated', query),
    // Its first hour has begun before the month that is asked for.
    ({ body }) => body.totalCount >= (MONTH_HOURS - 1) * 60,
    200_000,
  );
}

/** For whoever reads the run. */
function report(what: string, ms: number): number {
  process.stdout.write(`${what}: ${Math.round(ms)} ms\n`);
  return ms;
}

describe('ten thousand equipment', () => {
  it('are on the overview a page at a time, soon', async () => {
    const { page } = view;

    const ms = await leastMs(MOST_OVERVIEW_MS, () =>
      timeOf(async () => {
        await view.visit('/?search=P-');
        await page.getByRole('link', { name: 'P-00049' }).waitFor();
      }),
    );

    await view.photograph('overview-ten-thousand');
    expect(report('the overview of 10,000 equipment, opened', ms)).toBeLessThan(MOST_OVERVIEW_MS);
  });

  it('are chosen from by their state: at once by what is known, and soon by all', async () => {
    const { page } = view;
    await view.visit('/?search=P-');
    await page.getByRole('link', { name: 'P-00049' }).waitFor();
    const startedAt = performance.now();

    await page.getByRole('button', { name: 'Silent' }).click();
    await page.getByRole('link', { name: SILENT }).waitFor();

    report('the silent one of 10,000, found', performance.now() - startedAt);
    await page.getByText('1 equipment', { exact: true }).waitFor();
    expect(await page.getByRole('rowheader').allInnerTexts()).toEqual([SILENT]);
    await view.photograph('overview-silent');
  });

  it('are sorted and counted, soon', async () => {
    const { page } = view;
    await view.visit('/?search=P-&state=silent');
    await page.getByText('1 equipment', { exact: true }).waitFor();

    const ms = await leastMs(MOST_OVERVIEW_MS, async () => {
      await view.visit('/?search=P-&state=silent');
      await page.getByRole('link', { name: SILENT }).waitFor();
      return timeOf(async () => {
        await page.getByRole('button', { name: 'On time' }).click();
        await page.getByText('9,999 equipment').waitFor();
        await page.getByRole('link', { name: 'P-00049' }).waitFor();
      });
    });

    expect(report('on time of 10,000, once they are known', ms)).toBeLessThan(MOST_OVERVIEW_MS);
  });
});

describe('a month of one-minute readings of three metrics', () => {
  it('is drawn from few points with its highest value, soon', async () => {
    const { page } = view;
    const answered = page.waitForResponse(/MONTH\/series/);

    const ms = await leastMs(MOST_CHART_MS, async () => {
      await view.visit('/equipment/MONTH?metrics=temperature,pressure,flow');
      await page.getByText('Every reading.').waitFor();
      return timeOf(async () => {
        await page.getByRole('button', { name: 'Last month' }).click();
        await page.getByText(/^Fewer points than readings/).waitFor();
        await view.isDrawn();
      });
    });

    const { series } = await (await answered).json();
    await view.photograph('equipment-month');
    expect(report('130,000 readings, drawn', ms)).toBeLessThan(MOST_CHART_MS);
    for (const { sampleCount, at } of series) {
      expect(sampleCount).toBeGreaterThan((MONTH_HOURS - 1) * 60);
      expect(at.length).toBeLessThan(4800);
    }
    expect(series[0].values).toContain(999.5);
  });

  it('zooms without a task that takes a frame', async () => {
    const { page } = view;
    await view.visit('/equipment/MONTH?metrics=temperature,pressure,flow&range=1m');
    await page.getByText(/^Fewer points than readings/).waitFor();
    const zoomInAndOut = async () => {
      for (const button of ['Zoom in', 'Zoom in', 'Zoom in', 'Zoom out']) {
        const finer = page.waitForResponse(/MONTH\/series/, { timeout: FINER_MS });
        await page.getByRole('button', { name: button, exact: true }).first().click();
        // What was seen before is not asked for again.
        await finer.catch(() => undefined);
        await view.isDrawn();
      }
    };

    const ms = await leastTask(() => longestTaskMs(page, zoomInAndOut));

    await view.photograph('equipment-month-zoomed');
    expect(report('the longest task while it zooms', ms)).toBeLessThan(MOST_TASK_MS);
    expect(await view.accessibilityFaults()).toEqual([]);
    expect(view.complaints).toEqual([]);
  });
});

/** What the machine adds does not come each time. */
async function leastTask(attempt: () => Promise<number>): Promise<number> {
  let least = await attempt();
  for (let again = 0; again < 2 && least >= MOST_TASK_MS; again += 1) {
    least = Math.min(least, await attempt());
  }
  return least;
}
