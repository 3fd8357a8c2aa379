import axe, { type AxeResults } from 'axe-core';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  chromium,
  type Browser,
  type BrowserContextOptions,
  type Cookie,
  type Locator,
  type Page,
} from 'playwright-core';
import type { Announcement } from '../../apps/local/src/stack/announcement.js';

/** Where Debian and Chrome's own package put it. */
const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/opt/google/chrome/chrome'];
const SCREENSHOTS = join(import.meta.dirname, 'screenshots');

const MOST_TABS = 200;

/** Cookies by the address of a stack. */
const sessions = new Map<string, Cookie[]>();

export const PHONE = { width: 390, height: 844 };
export const DESKTOP = { width: 1360, height: 860 };

export interface Look extends Pick<BrowserContextOptions, 'locale' | 'colorScheme' | 'viewport'> {
  readonly timezoneId?: string;
}

export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? CANDIDATES.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      'There is no Chromium: install it (Debian: apt-get install chromium) or name it in CHROMIUM.',
    );
  }
  // Root may not use the sandbox, and CI is root; nothing but our own pages is opened.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** One page of the console in a browser of its own, which hears everything that its pages complain about. */
export class ConsolePage {
  private constructor(
    readonly page: Page,
    readonly stack: Announcement,
    /** Violations of the policy, uncaught errors, and requests of other hosts. */
    readonly complaints: string[],
  ) {}

  static async open(browser: Browser, stack: Announcement, look: Look = {}): Promise<ConsolePage> {
    const context = await browser.newContext({
      baseURL: stack.baseUrl,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      viewport: DESKTOP,
      reducedMotion: 'reduce',
      ...look,
    });
    const complaints: string[] = [];
    context.on('weberror', (error) => complaints.push(`error: ${error.error().message}`));
    context.on('console', (message) => {
      if (/content security policy/i.test(message.text())) complaints.push(message.text());
    });
    const own = new Set([stack.baseUrl, stack.endpoints.s3].map((url) => new URL(url).origin));
    context.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol.startsWith('http') && !own.has(origin)) complaints.push(`asked ${origin}`);
    });
    return new ConsolePage(await context.newPage(), stack, complaints);
  }

  async visit(path = '/'): Promise<void> {
    await this.page.goto(`/console${path}`);
  }

  /** Opens a view as the demo user, who is an administrator, in a session that all tests of a file share. */
  async logIn(path = '/'): Promise<void> {
    const { baseUrl } = this.stack;
    const context = this.page.context();
    const session = sessions.get(baseUrl);
    if (session === undefined) {
      await this.logInByForm(path);
      sessions.set(baseUrl, await context.cookies());
      return;
    }
    await context.addCookies(session);
    await this.visit(path);
    await this.page.locator('.account-button').waitFor();
  }

  /** The same in a session of its own, which may end. */
  async logInByForm(path = '/'): Promise<void> {
    const { user } = this.stack;
    await this.visit(path);
    await this.page.getByLabel(/^(Username|Usuário)$/).fill(user.username);
    await this.page.getByLabel(/^(Password|Senha)$/).fill(user.password);
    await this.page.getByRole('button', { name: /^(Log in|Entrar)$/ }).click();
    await this.page.locator('.account-button').waitFor();
  }

  /** As somebody who comes back to the tab: the page asks whether its session still holds. */
  async lookAgain(): Promise<void> {
    await this.page.evaluate("window.dispatchEvent(new Event('visibilitychange'))");
  }

  /** Presses Tab until the focus is there, as somebody without a mouse does. */
  async tabTo(target: Locator): Promise<void> {
    for (let presses = 0; presses < MOST_TABS; presses += 1) {
      if (await target.evaluate((element) => element === element.ownerDocument.activeElement))
        return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`out of reach of the keyboard: ${String(target)}`);
  }

  /** All that has changed is on the screen. */
  async isDrawn(): Promise<void> {
    await this.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
    );
  }

  /** What axe finds wrong, in words. */
  async accessibilityFaults(): Promise<readonly string[]> {
    await this.page.evaluate(`if (typeof axe === 'undefined') ${axe.source}`);
    const { violations } = await this.page.evaluate<AxeResults>(
      "axe.run(document, { resultTypes: ['violations'] })",
    );
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    );
  }

  /** Kept with the run, for whoever wants to see it. */
  async photograph(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  /** Throws when the page has complained about anything. */
  async close(): Promise<void> {
    await this.page.context().close();
    if (this.complaints.length > 0) throw new Error(this.complaints.join('\n'));
  }
}
