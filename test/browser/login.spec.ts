import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { ConsolePage, startBrowser, type Look } from './console-browser.js';
import { faultsInEveryLook, faultsInLightAndDark } from './every-look.js';

const stack = inject('stack');
const SCREENS = [
  '/',
  '/fleet',
  '/imports',
  '/proof',
  '/first-steps',
  '/access',
  '/access/people',
  '/access/audit',
  '/equipment/NOBODY',
];
let browser: Browser;
let opened: ConsolePage[] = [];

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

beforeEach(() => {
  opened = [];
});
afterEach(async () => {
  for (const each of opened) await each.close();
});

async function open(look?: Look): Promise<ConsolePage> {
  const page = await ConsolePage.open(browser, stack, look);
  opened.push(page);
  return page;
}

describe('the way in', () => {
  it('leads a browser from the root to the login, and from there to the page that it asked for', async () => {
    const { page } = await open();
    await page.goto('/');
    expect(new URL(page.url()).pathname).toBe('/console/');

    const again = await open();
    await again.logInByForm('/?search=NOBODY');

    expect(new URL(again.page.url()).search).toBe('?search=NOBODY');
    await again.page.getByText('No equipment matches').waitFor();
  });

  it('says what is missing or wrong, without a window of the browser in front of it', async () => {
    const { page } = await open();
    await page.goto('/console/');

    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByText('Enter both username and password.').waitFor();
    await page.getByLabel('Username').fill(stack.user.username);
    await page.getByLabel('Password').fill('not the password');
    const answered = page.waitForResponse(/auth\/login/);
    await page.getByRole('button', { name: 'Log in' }).click();

    expect((await answered).headers()['www-authenticate']).toBe('Login realm="SensorFlow"');
    await page.getByText('Username or password is wrong.').waitFor();
  });

  it('works with the keyboard alone', async () => {
    const { page } = await open();
    await page.goto('/console/');
    await page.getByLabel('Username').waitFor();

    await page.keyboard.type(stack.user.username);
    await page.keyboard.press('Tab');
    await page.keyboard.type(stack.user.password);
    await page.keyboard.press('Enter');

    const heading = page.getByRole('heading', { level: 1, name: 'Equipment' });
    await heading.waitFor();
    expect(await page.evaluate('document.activeElement?.tagName')).toBe('H1');
  });

  it('can be used by everybody', async () => {
    const view = await open();
    await view.visit();

    const faults = await faultsInEveryLook(view, 'login', (t) =>
      view.page.getByLabel(t('login.username')).waitFor(),
    );

    expect(faults).toEqual([]);
  });
});

describe('a session that ends', () => {
  it('asks for the password above the page, and goes on where it was', async () => {
    const view = await open();
    await view.logIn();
    const { page } = view;
    await page.locator('.empty, table').waitFor();
    await page.context().clearCookies();

    await page.getByRole('button', { name: 'Silent' }).click();
    await page.getByRole('heading', { name: 'Your session has ended' }).waitFor();
    await page.keyboard.type(stack.user.password);
    await page.keyboard.press('Enter');

    await page
      .getByRole('heading', { name: 'Your session has ended' })
      .waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('?state=silent');
  });

  it('is noticed on every screen, none of which is lost', async () => {
    const view = await open();
    await view.logIn();
    const { page } = view;
    for (const path of SCREENS) {
      await view.visit(path);
      const heading = page.getByRole('heading', { level: 1 });
      await heading.waitFor();
      const title = await heading.innerText();
      await page.context().clearCookies();

      await view.lookAgain();
      const ended = page.getByRole('heading', { name: 'Your session has ended' });
      await ended.waitFor();
      await page.getByLabel('Password').fill(stack.user.password);
      await page.getByRole('button', { name: 'Log in' }).click();
      await ended.waitFor({ state: 'detached' });

      expect(new URL(page.url()).pathname).toBe(`/console${path}`);
      expect(await heading.innerText()).toBe(title);
    }
  });

  it('asks for the password in a window that everybody can use', async () => {
    const view = await open();
    await view.logIn('/fleet');
    const kept = await view.page.context().cookies();

    const faults = await faultsInLightAndDark(view, 'session-ended', async (t) => {
      await view.page.getByRole('heading', { level: 1 }).waitFor();
      await view.page.context().clearCookies();
      await view.lookAgain();
      await view.page.getByRole('heading', { name: t('login.ended.title') }).waitFor();
      await view.page.context().addCookies(kept);
    });

    expect(faults).toEqual([]);
  });

  it('by logging out leads to the login', async () => {
    const view = await open();
    await view.logInByForm();
    const { page } = view;

    await page.getByRole('button', { name: stack.user.username }).click();
    await page.getByRole('button', { name: 'Log out' }).click();

    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
  });
});

describe('the account', () => {
  it('has a menu and a password window that everybody can use', async () => {
    const view = await open();
    await view.logIn('/access');
    const { page } = view;
    const openMenu = async () => {
      await page.locator('.empty, table').first().waitFor();
      await page.locator('.account-button').click();
    };

    const ofMenu = await faultsInLightAndDark(view, 'account', async (t) => {
      await openMenu();
      await page.getByLabel(t('account.zone')).waitFor();
    });
    const ofPassword = await faultsInLightAndDark(view, 'password', async (t) => {
      await openMenu();
      await page.getByRole('button', { name: t('account.password') }).click();
      await page.getByLabel(t('password.current')).waitFor();
    });

    expect([...ofMenu, ...ofPassword]).toEqual([]);
  });
});

describe('how it looks', () => {
  it('is chosen by its user and kept', async () => {
    const view = await open({ colorScheme: 'light' });
    await view.logIn();
    const { page } = view;
    await page.getByRole('button', { name: stack.user.username }).click();

    await page.getByLabel('Appearance').selectOption('dark');
    await page.getByLabel('Time zone').selectOption('America/Sao_Paulo');
    await page.getByLabel('Language').selectOption('pt-BR');
    await page.getByRole('heading', { level: 1, name: 'Equipamentos' }).waitFor();
    await page.reload();

    await page.getByRole('heading', { level: 1, name: 'Equipamentos' }).waitFor();
    const root = page.locator('html');
    expect(await root.getAttribute('data-theme')).toBe('dark');
    expect(await root.getAttribute('lang')).toBe('pt-BR');
  });
});
