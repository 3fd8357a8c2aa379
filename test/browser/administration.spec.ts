import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ConsolePage, PHONE, startBrowser, type Look } from './console-browser.js';
import { Plant } from './plant.js';

const stack = inject('stack');
let browser: Browser;
let plant: Plant;

beforeAll(async () => {
  browser = await startBrowser();
  plant = await Plant.of(stack);
  await plant.runs('PROOF:1', 1);
});
afterAll(() => browser.close());

async function withPage(look: Look, path: string, use: (view: ConsolePage) => Promise<void>) {
  const view = await ConsolePage.open(browser, stack, look);
  await view.logIn(path);
  await use(view);
  await view.close();
}

const LOOKS: readonly (readonly [string, Look])[] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: PHONE }],
  ['portuguese', { locale: 'pt-BR' }],
];
const SCREENS = [['fleet', '/fleet?metric=temperature', '.chart canvas']] as const;

describe.each(SCREENS)('the screen of %s', (screen, path, sign) => {
  it.each(LOOKS)('can be used by everybody: %s', async (name, look) => {
    await withPage(look, path, async (view) => {
      await view.page.locator(sign).first().waitFor();

      await view.photograph(`${screen}-${name}`);
      expect(await view.accessibilityFaults()).toEqual([]);
    });
  });
});
