import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient } from '../support/api-client.js';
import { LocalStack } from '../support/local-stack.js';
import { ConsolePage, startBrowser } from './console-browser.js';
import { Plant } from './plant.js';

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

describe('two tabs', () => {
  it('share one connection, and one goes on when the other is closed', async () => {
    const view = await ConsolePage.open(browser, stack);
    const context = view.page.context();
    await view.logIn('/equipment/LIVE:1?metrics=temperature');
    await isLive(view.page);
    const second = await context.newPage();
    await second.goto('/console/?search=LIVE:');
    await second.getByRole('link', { name: 'LIVE:2' }).waitFor();
    await isLive(second);

    await send(plant, 'LIVE:2', 3456.5);
    await second.getByText('3,456.5').waitFor();
    const open = await second.evaluate('navigator.locks.query().then(({ held }) => held.length)');
    expect(open).toBe(1);

    await view.page.close();
    await send(plant, 'LIVE:2', 4567.5);

    await second.getByText('4,567.5').waitFor();
    await isLive(second);
    await context.close();
  });
});

describe('a session that ends elsewhere', () => {
  it('is noticed by the feed, asks for the password above the page, and goes on live', async () => {
    const view = await ConsolePage.open(browser, stack);
    await view.logIn('/?search=LIVE:');
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
