import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ConsolePage, startBrowser } from './console-browser.js';
import { faultsInEveryLook } from './every-look.js';

const stack = inject('stack');
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

async function withPage(path: string, use: (view: ConsolePage) => Promise<void>) {
  const view = await ConsolePage.open(browser, stack);
  await view.logIn(path);
  await use(view);
  await view.close();
}

describe('the page of', () => {
  it.each([
    ['keys', '/access'],
    ['people', '/access/people'],
    ['audit', '/access/audit'],
  ])('%s can be used by everybody', async (screen, path) => {
    await withPage(path, async (view) => {
      const faults = await faultsInEveryLook(view, screen, () =>
        view.page.locator('.empty, table').first().waitFor(),
      );

      expect(faults).toEqual([]);
    });
  });
});

describe('a key', () => {
  it('is made, shown once, sends a reading, and is refused once it is revoked', async () => {
    const name = `press ${randomUUID()}`;
    await withPage('/access', async (view) => {
      const { page } = view;
      await page.getByRole('button', { name: 'Make a key' }).click();
      await page.getByLabel('Name').fill(name);
      await page.getByRole('dialog').getByRole('button', { name: 'Make a key' }).click();
      const key = await page.getByRole('group', { name: 'Key' }).innerText();
      await view.photograph('key-made');
      expect(await view.accessibilityFaults()).toEqual([]);
      const send = async () => {
        const reading = { equipmentId: 'KEY-1', timestamp: new Date().toISOString(), value: 1 };
        const { status } = await fetch(`${stack.baseUrl}/sensor-data`, {
          method: 'POST',
          headers: { 'x-api-key': key, 'content-type': 'application/json' },
          body: JSON.stringify(reading),
        });
        return status;
      };

      expect(await send()).toBe(201);
      await page.getByRole('button', { name: 'I have copied it' }).click();
      expect(await page.getByText(key).count()).toBe(0);
      await page.getByRole('button', { name: `Revoke ${name}` }).click();
      await page.getByRole('button', { name: `Really revoke it? ${name}` }).click();
      await page.getByRole('rowheader', { name }).waitFor({ state: 'detached' });
      expect(await send()).toBe(401);
    });
  });
});

describe('a colleague', () => {
  it('is invited, sets a password, and sees only what viewers see', async () => {
    const username = `ana-${randomUUID().slice(0, 8)}`;
    let password = '';
    await withPage('/access/people', async ({ page }) => {
      await page.getByRole('button', { name: 'Invite somebody' }).click();
      await page.getByRole('dialog').getByLabel('Username').fill(username);
      await page.getByRole('dialog').getByRole('button', { name: 'Invite somebody' }).click();
      password = await page.getByRole('group', { name: 'Temporary password' }).innerText();
      await page.getByRole('button', { name: 'I have copied it' }).click();
      await page.getByRole('rowheader', { name: username }).waitFor();
    });

    const view = await ConsolePage.open(browser, stack);
    const { page } = view;
    await view.visit();
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Your password is temporary').waitFor();
    await page.getByLabel('New password', { exact: true }).fill('short');
    await page.getByLabel('New password again').fill('short');
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.locator('.field-error').waitFor();
    await view.photograph('password-refused');
    expect(await view.accessibilityFaults()).toEqual([]);
    await page.getByLabel('New password', { exact: true }).fill('Correct-Horse-42');
    await page.getByLabel('New password again').fill('Correct-Horse-42');
    await page.getByRole('button', { name: 'Set password' }).click();

    await page.getByRole('button', { name: username }).waitFor();
    const sections = page.getByRole('navigation', { name: 'Sections' }).getByRole('link');
    expect(await sections.allInnerTexts()).toEqual(['Overview', 'Fleet', 'Proof']);
    await view.visit('/access');
    await page.getByText('There is no such page').waitFor();
    await view.close();
  });
});
