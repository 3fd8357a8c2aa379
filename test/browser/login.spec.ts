import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { ConsolePage, PHONE, startBrowser, type Look } from './console-browser.js';

const stack = inject('stack');
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
    await again.logIn('/?search=NOBODY');

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

  it.each<[string, Look]>([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['phone', { viewport: PHONE }],
    ['portuguese', { locale: 'pt-BR' }],
  ])('can be used by everybody: %s', async (name, look) => {
    const view = await open(look);
    await view.visit();
    await view.page.getByLabel(/^(Username|Usuário)$/).waitFor();

    await view.photograph(`login-${name}`);
    expect(await view.accessibilityFaults()).toEqual([]);
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
    await page.getByLabel('Password').fill(stack.user.password);
    await page.getByRole('button', { name: 'Log in' }).click();

    await page
      .getByRole('heading', { name: 'Your session has ended' })
      .waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('?state=silent');
  });

  it('by logging out leads to the login', async () => {
    const view = await open();
    await view.logIn();
    const { page } = view;

    await page.getByRole('button', { name: stack.user.username }).click();
    await page.getByRole('button', { name: 'Log out' }).click();

    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    expect(await page.context().cookies()).toEqual([]);
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
