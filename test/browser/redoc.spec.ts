import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { ConsolePage, startBrowser } from './console-browser.js';

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
});

it('Redoc shows the document under a strict policy, and asks no other host', async () => {
  const { page, complaints } = await ConsolePage.open(browser, inject('stack'));

  await page.goto('/redoc');

  await page.getByRole('heading', { name: 'Follow measurements by WebSocket' }).waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});
