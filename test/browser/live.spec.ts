import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually } from '../support/api-client.js';
import { LocalStack } from '../support/local-stack.js';
import { ConsolePage, startBrowser } from './console-browser.js';
import { Plant } from './plant.js';

/** What a tab does that has heard nothing for 45 s, at hand: a clock of the test's own would be that of both tabs. */
const KEEPS_LONG_SILENCE = `
  const later = window.setTimeout;
  window.setTimeout = (work, ms, ...more) => {
    if (ms === 45_000) window.afterLongSilence = work;
    return later(work, ms, ...more);
  };
`;
const POLLING_MS = 10_000;
/** A feed that was refused is asked for again so much later. */
const FEED_AGAIN_MS = 16_000;

const stack = inject('stack');
let browser: Browser;
let plant: Plant;

beforeAll(async () => {
  browser = await startBrowser();
  plant = await Plant.of(stack);
  await plant.runs('LIVE:1', 0);
  await plant.runs('LIVE:2', 0);
});
afterAll(() => browser.close());

async function send(of: Plant, equipmentId: string, temperature: number): Promise<void> {
  const timestamp = new Date().toISOString();
  const { status } = await of.api.post('/sensor-data', {
    equipmentId,
    timestamp,
    values: { temperature },
  });
  if (status !== 201) throw new Error(`reading: ${status}`);
}

async function isLive(page: Page): Promise<void> {
  await page.locator('.freshness').getByText('Live', { exact: true }).waitFor();
}

/** Every request of a page, from now on. */
function requestsOf(page: Page): string[] {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  return asked;
}

describe('a value that arrives', () => {
  it('is on the overview without anything being asked for again', async () => {
    const view = await ConsolePage.open(browser, stack);
    await view.logIn('/?search=LIVE:');
    await view.page.getByRole('link', { name: 'LIVE:1' }).waitFor();
    await isLive(view.page);
    await view.page.locator('.sparkline').first().waitFor();
    const asked = requestsOf(view.page);

    await send(plant, 'LIVE:1', 1234.5);

    await view.page.getByText('1,234.5').waitFor();
    expect(asked.filter((path) => path !== '/sensor-data/live')).toEqual([]);
    await view.close();
  });

  it('is at the end of the chart and in the table', async () => {
    const view = await ConsolePage.open(browser, stack);
    await view.logIn('/equipment/LIVE:2?metrics=temperature');
    await view.page.getByText('Every reading.').waitFor();
    await isLive(view.page);

    await send(plant, 'LIVE:2', 2345.25);

    await view.page.getByRole('cell', { name: '2,345.25' }).waitFor();
    await view.page.getByRole('application', { name: /temperature/ }).focus();
    await view.page.keyboard.press('End');
    expect(await view.page.locator('.chart output').innerText()).toMatch(/2,345\.25$/);
    await view.close();
  });
});

/** Of which the first has the connection. */
interface TwoTabs {
  readonly view: ConsolePage;
  readonly first: Page;
  readonly second: Page;
}

/** @param script what runs in both before anything else */
async function twoTabs(script = ''): Promise<TwoTabs> {
  const view = await ConsolePage.open(browser, stack);
  const [first, context] = [view.page, view.page.context()];
  await context.addInitScript(script);
  await view.logIn('/?search=LIVE:');
  await isLive(first);
  const second = await context.newPage();
  await second.goto('/console/?search=LIVE:');
  await second.getByRole('link', { name: 'LIVE:2' }).waitFor();
  await isLive(second);
  return { view, first, second };
}

/** How many tabs hold the connection, and how many wait for it. */
async function connectionsOf(page: Page): Promise<readonly number[]> {
  return page.evaluate(
    'navigator.locks.query().then(({ held, pending }) => [held.length, pending.length])',
  );
}

describe('two tabs', () => {
  it('share one connection, and one goes on when the other is closed', async () => {
    const { view, first, second } = await twoTabs();

    await send(plant, 'LIVE:2', 3456.5);
    await second.getByText('3,456.5').waitFor();
    expect(await connectionsOf(second)).toEqual([1, 1]);

    await first.close();
    await send(plant, 'LIVE:2', 4567.5);

    await second.getByText('4,567.5').waitFor();
    await isLive(second);
    await view.close();
  });

  it('lose nothing when the one that has the connection crashes', async () => {
    const { view, first, second } = await twoTabs();
    const crashed = first.waitForEvent('crash');

    void first.goto('chrome://crash').catch(() => undefined);
    await crashed;
    await send(plant, 'LIVE:2', 3457.5);

    await second.getByText('3,457.5').waitFor();
    await isLive(second);
    expect(await connectionsOf(second)).toEqual([1, 0]);
    await view.close();
  });

  it('go on when the one that has the connection is frozen, which shares it once it is not', async () => {
    const { view, first, second } = await twoTabs(KEEPS_LONG_SILENCE);
    const { promise: thawed, resolve: thaw } = Promise.withResolvers<void>();
    const isFrozen = first.waitForRequest('**/held');
    await first.route('**/held', async (route) => {
      await thawed;
      await route.fulfill({ body: '' });
    });

    // Nothing else of the page runs until there is an answer.
    const frozen = first.evaluate(
      "(() => { const held = new XMLHttpRequest(); held.open('GET', '/held', false); held.send(); })()",
    );
    await isFrozen;
    await second.evaluate('afterLongSilence()');
    await send(plant, 'LIVE:2', 3458.5);
    await second.getByText('3,458.5').waitFor();
    expect(await connectionsOf(second)).toEqual([1, 0]);

    thaw();
    await frozen;
    const asked = requestsOf(first);
    await expect.poll(() => connectionsOf(second), { timeout: 10_000 }).toEqual([1, 1]);
    await send(plant, 'LIVE:2', 3459.5);
    for (const tab of [first, second]) await tab.getByText('3,459.5').waitFor();
    expect(asked).not.toContain('/sensor-data/live');
    await view.close();
  });

  it('have a connection each where the browser knows no locks, as of pages by plain http', async () => {
    const { view, first, second } = await twoTabs('delete Navigator.prototype.locks');

    await send(plant, 'LIVE:2', 3460.5);
    for (const tab of [first, second]) await tab.getByText('3,460.5').waitFor();
    expect(await first.evaluate("'locks' in navigator")).toBe(false);
    await first.close();
    await send(plant, 'LIVE:2', 3461.5);

    await second.getByText('3,461.5').waitFor();
    await isLive(second);
    await view.close();
  });
});

describe('where no feed can be had', () => {
  it('the page says so and asks every 10 s, until there is one again', async () => {
    const view = await ConsolePage.open(browser, stack);
    const { page } = view;
    const feeds = /\/sensor-data\/live/;
    await page.clock.install();
    await page.route(feeds, (route) => route.fulfill({ status: 429, body: '{}' }));
    await view.logIn('/?search=LIVE:');
    await page.getByRole('link', { name: 'LIVE:2' }).waitFor();
    const freshness = page.locator('.freshness');
    await freshness.getByText('Not live: updated every 10 s').waitFor();
    await view.photograph('overview-polling');

    await send(plant, 'LIVE:2', 3462.5);
    await page.clock.fastForward(POLLING_MS);
    await page.getByText('3,462.5').waitFor();
    expect(await freshness.innerText()).toMatch(/Not live/);

    await page.unroute(feeds);
    await page.clock.fastForward(FEED_AGAIN_MS);
    await isLive(page);
    await view.close();
  });
});

describe('the fleet', () => {
  it('follows what arrives sooner than somebody who asks every 10 s', async () => {
    const view = await ConsolePage.open(browser, stack);
    const { page } = view;
    const metric = 'fleet_live';
    const sendOne = async (value: number) => {
      const reading = { equipmentId: 'LIVE:4', timestamp: new Date().toISOString() };
      await plant.api.post('/sensor-data', { ...reading, values: { [metric]: value } });
    };
    await page.clock.install();
    await view.logIn(`/fleet?metric=${metric}`);
    await isLive(page);

    await sendOne(5);
    await page.getByText('5 – 5').waitFor();
    await page.waitForResponse(/aggregated\/fleet/);
    await page.clock.pauseAt(Date.now() + 1000);
    await sendOne(7);
    await eventually(
      async () => plant.api.get('/sensor-data/aggregated/fleet', { metric, interval: '24h' }),
      ({ body }) => body.items.at(-1)?.max === 7,
    );

    const summed = page.getByText('5 – 7');
    // Answers take their time, whatever the clock of the page says.
    for (let ms = 0; ms < 0.75 * POLLING_MS && !(await summed.isVisible()); ms += 200) {
      await page.clock.runFor(200);
      await page.waitForTimeout(150);
    }

    expect(await summed.isVisible()).toBe(true);
    expect(await page.locator('.freshness').innerText()).toBe('Live');
    await view.close();
  });
});

describe('a session that ends elsewhere', () => {
  it('is noticed by the feed, asks for the password above the page, and goes on live', async () => {
    const view = await ConsolePage.open(browser, stack);
    await view.logInByForm('/?search=LIVE:');
    const { page } = view;
    await page.getByRole('link', { name: 'LIVE:1' }).waitFor();
    await isLive(page);
    const [cookie] = await page.context().cookies();

    const anyone = await ApiClient.connect(stack.baseUrl);
    await anyone.withCookie(`${cookie?.name}=${cookie?.value}`).post('/auth/logout', undefined);

    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    await page.getByLabel('Password').fill(stack.user.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page
      .getByRole('heading', { name: 'Your session has ended' })
      .waitFor({ state: 'detached' });
    await isLive(page);
    await send(plant, 'LIVE:1', 5678.5);
    await page.getByText('5,678.5').waitFor();
    expect(new URL(page.url()).search).toBe('?search=LIVE:');
    await view.close();
  });
});

describe('a service that restarts', () => {
  it('is waited for, and nothing that came meanwhile is missing', async () => {
    const before = await LocalStack.start();
    const view = await ConsolePage.open(browser, before.announcement);
    const { page } = view;
    const early = await Plant.of(before.announcement);
    await early.runs('LIVE:3', 0);
    await view.logIn();
    await page.getByRole('link', { name: 'LIVE:3' }).waitFor();
    await isLive(page);

    await before.killEverything();
    await page.locator('.freshness').getByText('Reconnecting').waitFor();
    await view.photograph('overview-reconnecting');
    const after = await LocalStack.start({ dataDir: before.dataDir, port: before.port });
    await send(await Plant.of(after.announcement), 'LIVE:3', 6789.5);

    await page.getByText('6,789.5').waitFor();
    await isLive(page);
    expect(await page.getByRole('heading', { name: 'Your session has ended' }).count()).toBe(0);
    await view.close();
    await after.stopAndForget();
  });
});
