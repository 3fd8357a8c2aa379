import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { LocalStack } from '../support/local-stack.js';
import { ConsolePage, startBrowser } from './console-browser.js';

const EQUIPMENT = 10_000;
const BATCH = 10_000;
const MINUTE_MS = 60_000;
const MONTH_MINUTES = 30 * 24 * 60;
const SILENT = 'P-07777';
/** A minute in which the month has its highest temperature. */
const PEAK_MINUTE = 12_345;

let browser: Browser;
let stack: LocalStack;
let api: ApiClient;

beforeAll(async () => {
  [browser, stack] = await Promise.all([startBrowser(), LocalStack.start()]);
  const anyone = await ApiClient.connect(stack.announcement.baseUrl);
  api = anyone.withToken(await machineToken(stack.announcement));
  await sendMonth();
  await sendFleet();
  await eventually(
    async () => api.get('/equipment/overview', { search: 'P-09999' }),
    ({ body }) => body.items.length === 1,
    120_000,
  );
}, 240_000);
afterAll(async () => {
  await browser.close();
  await stack.stopAndForget();
});

async function sendAll(readings: readonly object[]): Promise<void> {
  for (let from = 0; from < readings.length; from += BATCH) {
    const batch = readings.slice(from, from + BATCH);
    await eventually(
      async () => api.post('/sensor-data/batch', batch),
      ({ status }) => status === 201,
      120_000,
    );
  }
}

/** Two readings each, ten minutes apart; one has been silent for a day. */
async function sendFleet(): Promise<void> {
  const now = Date.now();
  const ids = Array.from({ length: EQUIPMENT }, (_, n) => `P-${String(n).padStart(5, '0')}`);
  await sendAll(
    ids.flatMap((equipmentId, n) =>
      [10, 0].map((minutes) => {
        const ago = minutes * MINUTE_MS + (equipmentId === SILENT ? 86_400_000 : 0);
        return { equipmentId, timestamp: new Date(now - ago).toISOString(), value: n % 100 };
      }),
    ),
  );
}

async function sendMonth(): Promise<void> {
  const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  await sendAll(
    Array.from({ length: MONTH_MINUTES }, (_, ago) => ({
      equipmentId: 'MONTH',
      timestamp: new Date(now - (MONTH_MINUTES - 1 - ago) * MINUTE_MS).toISOString(),
      values: {
        temperature:
          ago === PEAK_MINUTE ? 999.5 : Math.round(6800 + 900 * Math.sin(ago / 229)) / 100,
        pressure: Math.round(2400 + 300 * Math.sin(ago / 97)) / 1000,
        flow: 40 + (ago % 10),
      },
    })),
  );
}

/** For whoever reads the run. */
function report(what: string, ms: number): void {
  process.stdout.write(`${what}: ${Math.round(ms)} ms\n`);
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await work();
  report(what, performance.now() - startedAt);
}

describe('ten thousand equipment', () => {
  it('are on the overview, a page at a time, and the one that is silent is found', async () => {
    const view = await ConsolePage.open(browser, stack.announcement);
    await view.logIn('/?search=P-');
    const { page } = view;
    page.setDefaultTimeout(120_000);
    await page.getByRole('link', { name: 'P-00049' }).waitFor();

    await timed('the overview of 10,000 equipment, opened', async () => {
      await page.goto('/console/?search=P-');
      await page.getByRole('link', { name: 'P-00049' }).waitFor();
    });
    await view.photograph('overview-ten-thousand');
    await timed('silent equipment of 10,000, asked for the first time', async () => {
      await page.getByRole('button', { name: 'Silent' }).click();
      await page.getByRole('link', { name: 'P-00049' }).waitFor({ state: 'detached' });
      await page.getByRole('link', { name: SILENT }).waitFor();
    });
    await view.photograph('overview-silent');
    expect(await page.getByRole('rowheader').allInnerTexts()).toEqual([SILENT]);
    await timed('on time of 10,000, once they are known', async () => {
      await page.getByRole('button', { name: 'On time' }).click();
      await page.getByText('9,999 equipment').waitFor();
      await page.getByRole('link', { name: 'P-00049' }).waitFor();
    });
    await timed('sorted by age, once they are known', async () => {
      await page.getByRole('button', { name: 'All', exact: true }).click();
      await page.getByRole('button', { name: 'Age' }).click();
      await page.getByRole('button', { name: 'Age' }).click();
      await page.getByRole('link', { name: SILENT }).waitFor();
    });
    await view.close();
  }, 240_000);
});

/** Counts frames and how long each takes, as long as the page is there. */
const WATCH_FRAMES = `
  window.frames50 = { longestMs: 0, tasks: [] };
  let last = performance.now();
  const frame = (now) => {
    window.frames50.longestMs = Math.max(window.frames50.longestMs, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.frames50.tasks.push(Math.round(duration));
  }).observe({ type: 'longtask' });
  true;
`;

async function untilDrawn(page: Page): Promise<void> {
  await page.getByText(/^(Readings, thinned|Every reading)/).waitFor();
  await page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
  );
}

describe('a month of one-minute readings of three metrics', () => {
  it('is drawn from few points with its highest value, and zooms', async () => {
    const view = await ConsolePage.open(browser, stack.announcement);
    await view.logIn('/equipment/MONTH?metrics=temperature,pressure,flow');
    const { page } = view;
    await untilDrawn(page);
    const answered = page.waitForResponse(/MONTH\/series/);

    await timed('130,000 readings, drawn', async () => {
      await page.getByRole('button', { name: /month/i }).click();
      await page.getByText(/^Readings, thinned/).waitFor();
      await untilDrawn(page);
    });
    await view.photograph('equipment-month');
    const { series } = await (await answered).json();
    expect(series.map((each: any) => each.sampleCount)).toEqual([43_200, 43_200, 43_200]);
    expect(series[0].values).toContain(999.5);
    expect(series[0].at.length).toBeLessThan(4_800);

    await page.evaluate(WATCH_FRAMES);
    for (const _ of [1, 2, 3, 4]) {
      const zoomed = page.waitForResponse(/MONTH\/series|sensor-data\/MONTH\?/);
      await page.getByRole('button', { name: 'Zoom in' }).click();
      await zoomed;
      await untilDrawn(page);
    }
    const frames: any = await page.evaluate('window.frames50');
    report('the longest frame while it zoomed four times', frames.longestMs);
    process.stdout.write(`tasks of over 50 ms meanwhile: ${frames.tasks.join(', ') || 'none'}\n`);
    await view.photograph('equipment-month-zoomed');
    expect(await view.accessibilityFaults()).toEqual([]);
    await view.close();
  }, 120_000);
});
