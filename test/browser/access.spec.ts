import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ConsolePage, startBrowser } from './console-browser.js';
import { faultsInEveryLook, faultsInLightAndDark } from './every-look.js';
import { Plant } from './plant.js';

const stack = inject('stack');
const PASSWORD = 'Correct-Horse-42';
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

/** Makes a key in the dialog, and answers it. */
async function makeKey({ page }: ConsolePage, name: string, equipment = ''): Promise<string> {
  await page.getByRole('button', { name: 'Create a key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Equipment').fill(equipment);
  await dialog.getByRole('button', { name: 'Create a key' }).click();
  return dialog.getByRole('group', { name: 'Key', exact: true }).innerText();
}

/** Invites a viewer, and answers their temporary password. */
async function invite({ page }: ConsolePage, username: string): Promise<string> {
  await page.getByRole('button', { name: 'Invite a person' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Username').fill(username);
  await dialog.getByRole('button', { name: 'Invite a person' }).click();
  const password = await dialog.getByRole('group', { name: 'Temporary password' }).innerText();
  await page.getByRole('button', { name: 'I have copied it' }).click();
  await page.getByRole('rowheader', { name: username }).waitFor();
  return password;
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

describe('the dialogs of', () => {
  it('keys can be used by everybody', async () => {
    await withPage('/access', async (view) => {
      const { page } = view;
      const name = `dialogs ${randomUUID()}`;
      await makeKey(view, name);
      await page.getByRole('button', { name: 'I have copied it' }).click();
      const open = (button: string) => async () => {
        await page.getByRole('button', { name: button }).first().click();
        await page.getByRole('dialog').waitFor();
      };

      expect(await faultsInLightAndDark(view, 'key-new', open('Create a key'))).toEqual([]);
      expect(await faultsInLightAndDark(view, 'key-programs', open(`Programs ${name}`))).toEqual(
        [],
      );
      expect(await faultsInLightAndDark(view, 'key-revoke', open(`Revoke ${name}`))).toEqual([]);
    });
  });

  it('people can be used by everybody', async () => {
    await withPage('/access/people', async (view) => {
      const { page } = view;
      const open = (button: string) => async () => {
        await page.getByRole('button', { name: button }).click();
        await page.getByRole('dialog').waitFor();
      };
      const manage = open(`Manage ${stack.user.username}`);

      expect(await faultsInLightAndDark(view, 'invite', open('Invite a person'))).toEqual([]);
      expect(await faultsInLightAndDark(view, 'person', manage)).toEqual([]);
    });
  });
});

describe('a key', () => {
  it('is made for one equipment, shown once, sends by the shown command, and is refused once revoked', async () => {
    await withPage('/access', async (view) => {
      const { page } = view;
      const name = `press ${randomUUID()}`;
      const key = await makeKey(view, name, 'KEY-1');
      const program = page.getByRole('group', { name: 'Send a reading' });
      const command = await program.innerText();
      const send = async () => {
        const { stdout } = await promisify(execFile)('sh', ['-c', command]);
        return JSON.parse(stdout);
      };
      await view.photograph('key-made');
      expect(await view.accessibilityFaults()).toEqual([]);
      // A browser asks a page once whether Escape may close a dialog, and then no more.
      for (const _ of [1, 2, 3]) await page.keyboard.press('Escape');
      await view.isDrawn();
      expect(await program.isVisible()).toBe(true);

      expect(await send()).toMatchObject({ equipmentId: 'KEY-1', value: 21.5 });
      for (const [device, word] of [
        ['ESP32 (Arduino)', '#include <WiFi.h>'],
        ['Pico W (MicroPython)', 'import network'],
        ['Python', 'import datetime'],
      ] as const) {
        await page.getByRole('button', { name: device, exact: true }).click();
        const text = await program.innerText();
        expect([text.includes(word), text.includes(key)]).toEqual([true, true]);
      }

      await page.getByRole('button', { name: 'I have copied it' }).click();
      expect(await page.getByText(key).count()).toBe(0);
      await page.getByRole('button', { name: `Revoke ${name}` }).click();
      await page.getByRole('button', { name: 'Revoke key' }).click();
      await page.getByRole('rowheader', { name }).waitFor({ state: 'detached' });
      expect(await send()).toMatchObject({ status: 401 });
    });
  });

  it('that is refused says why beside the field', async () => {
    await withPage('/access', async (view) => {
      await view.page.getByRole('button', { name: 'Create a key' }).click();
      const dialog = view.page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('press');
      await dialog.getByLabel('Equipment').fill('*');
      await dialog.getByRole('button', { name: 'Create a key' }).click();

      await dialog.locator('.field-error').waitFor();
      expect(await dialog.getByLabel('Equipment').getAttribute('aria-invalid')).toBe('true');
      expect(await view.accessibilityFaults()).toEqual([]);
    });
  });
});

describe('a colleague', () => {
  it('is invited, sets a password, sees only what viewers see, and is logged out', async () => {
    await (await Plant.of(stack)).runs('ACCESS:1', 1);
    const username = `ana-${randomUUID().slice(0, 8)}`;
    const admin = await ConsolePage.open(browser, stack);
    await admin.logIn('/access/people');
    const password = await invite(admin, username);

    const view = await ConsolePage.open(browser, stack);
    const { page } = view;
    await view.visit();
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Your password is temporary').waitFor();
    await page.getByLabel('New password', { exact: true }).fill('short');
    await page.getByLabel('Repeat the new password').fill('short');
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.locator('.field-error').waitFor();
    await view.photograph('password-refused');
    expect(await view.accessibilityFaults()).toEqual([]);
    await page.getByLabel('New password', { exact: true }).fill(PASSWORD);
    await page.getByLabel('Repeat the new password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('button', { name: username }).waitFor();

    const sections = page.getByRole('navigation', { name: 'Sections' }).getByRole('link');
    expect(await sections.allInnerTexts()).toEqual(['Overview', 'Fleet', 'Verify']);
    await view.visit('/access');
    await page.getByText('Page not found').waitFor();
    await view.visit('/equipment/ACCESS:1?metrics=flow');
    await page
      .getByRole('button', { name: /^History/ })
      .first()
      .click();
    await page.getByRole('dialog').getByRole('rowheader', { name: 'flow' }).waitFor();
    expect(await page.getByRole('button', { name: /Correct|Remove/ }).count()).toBe(0);

    await view.visit('/proof');
    await page.getByText('You can check one equipment at a time.').waitFor();
    await page.getByLabel('Equipment').fill('ACCESS:1');
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.locator('.proof-levels .state').first().waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);

    await admin.page.getByRole('button', { name: `Manage ${username}` }).click();
    await admin.page.getByRole('button', { name: 'End sessions' }).click();
    await admin.page.getByText('All sessions of this account have ended.').waitFor();
    await view.lookAgain();
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    await admin.page.getByRole('button', { name: 'Disable account' }).click();
    await admin.page.getByRole('button', { name: 'Enable account' }).waitFor();
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Username or password is wrong.').waitFor();
    await view.close();
    await admin.close();
  });
});

describe('the audit trail', () => {
  it('says in words who did what, and is narrowed to an action', async () => {
    await withPage('/access', async (view) => {
      const { page } = view;
      await makeKey(view, `audited ${randomUUID()}`);
      await page.getByRole('button', { name: 'I have copied it' }).click();
      await page.getByRole('link', { name: 'Audit trail' }).click();

      await page.getByLabel('Action').selectOption('Create an API key');
      await page.waitForURL(/action=api-key\.create/);

      const row = page.getByRole('row', { name: /Create an API key/ }).first();
      await row.waitFor();
      expect(await row.innerText()).toMatch(/demo\s+Create an API key\s+\w{16}\s+Succeeded/);
    });
  });
});
