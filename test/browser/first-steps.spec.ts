import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LocalStack } from '../support/local-stack.js';
import { ConsolePage, startBrowser } from './console-browser.js';

let browser: Browser;
let empty: LocalStack;

beforeAll(async () => {
  [browser, empty] = await Promise.all([startBrowser(), LocalStack.start()]);
});
afterAll(async () => {
  await browser.close();
  await empty.stopAndForget();
});

it('an empty installation shows how to send a first reading, which appears as it arrives', async () => {
  const view = await ConsolePage.open(browser, empty.announcement);
  await view.logIn();
  const { page } = view;
  await page.getByText('No readings yet').waitFor();
  await view.photograph('first-steps');
  expect(await view.accessibilityFaults()).toEqual([]);

  await page.getByRole('button', { name: 'Make a key and show me how' }).click();
  const program = await page
    .getByRole('group', { name: 'Send a first reading' })
    .last()
    .innerText();
  await view.photograph('first-steps-key');
  expect(await view.accessibilityFaults()).toEqual([]);
  const { stdout } = await promisify(execFile)('sh', ['-c', program]);

  expect(JSON.parse(stdout)).toMatchObject({ equipmentId: 'MY-FIRST', value: 21.5 });
  await page.getByRole('link', { name: 'MY-FIRST' }).waitFor();
  await view.close();
});
