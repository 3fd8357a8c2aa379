import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { ConsolePage, startBrowser } from './console-browser.js';
import { faultsInEveryLook } from './every-look.js';
import { Plant } from './plant.js';

const stack = inject('stack');
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
  await (await Plant.of(stack)).runs('FLEET:1', 1);
});
afterAll(() => browser.close());

it('the fleet can be used by everybody', async () => {
  const view = await ConsolePage.open(browser, stack);
  await view.logIn('/fleet?metric=temperature');

  const faults = await faultsInEveryLook(view, 'fleet', () =>
    view.page.locator('.chart canvas').first().waitFor(),
  );

  expect(faults).toEqual([]);
  await view.close();
});
