import { en } from '../../apps/console/src/language/en.ts';
import { ptBr } from '../../apps/console/src/language/pt-br.ts';
import { translator, type Translate } from '../../apps/console/src/language/translate.ts';
import { DESKTOP, PHONE, type ConsolePage } from './console-browser.js';

/** Wide and narrow, light and dark, English and Portuguese: every pair of them is seen. */
const ENGLISH = {
  language: 'en',
  t: translator(en, 'en'),
  looks: [
    { name: 'light', viewport: DESKTOP, colorScheme: 'light' },
    { name: 'phone-dark', viewport: PHONE, colorScheme: 'dark' },
  ],
} as const;
const PORTUGUESE = {
  language: 'pt-BR',
  t: translator(ptBr, 'pt-BR'),
  looks: [
    { name: 'dark-pt', viewport: DESKTOP, colorScheme: 'dark' },
    { name: 'phone-pt', viewport: PHONE, colorScheme: 'light' },
  ],
} as const;
const LANGUAGES = [ENGLISH, PORTUGUESE] as const;

export type SpokenLanguage = (typeof LANGUAGES)[number]['language'];

/** Does what it takes until the page, or a dialog, stands there; finds texts by their keys. */
type Show = (t: Translate) => Promise<void>;

/**
 * Loads the page again in every language, leaves a picture of each look, and answers what axe finds wrong, and whether
 * the page scrolls sideways.
 */
export async function faultsInEveryLook(
  view: ConsolePage,
  screen: string,
  show: Show,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { language, t } of LANGUAGES) {
    await speak(view, language);
    await show(t);
    faults.push(...(await faultsInLooks(view, screen, language)));
  }
  return faults;
}

/** The same for what opens inside a page, in English alone. */
export async function faultsInLightAndDark(
  view: ConsolePage,
  screen: string,
  show: Show,
): Promise<readonly string[]> {
  await speak(view, ENGLISH.language);
  await show(ENGLISH.t);
  return faultsInLooks(view, screen, ENGLISH.language);
}

/** The same for the page as it stands there, wide and narrow, light and dark. */
export async function faultsInLooks(
  view: ConsolePage,
  screen: string,
  spoken: SpokenLanguage,
): Promise<readonly string[]> {
  const { page } = view;
  const { looks } = spoken === 'en' ? ENGLISH : PORTUGUESE;
  const faults: string[] = [];
  for (const { name, viewport, colorScheme } of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await view.isDrawn();
    await view.photograph(`${screen}-${name}`);
    const found = await view.accessibilityFaults();
    faults.push(...found.map((fault) => `${name}: ${fault}`));
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (width > viewport.width) faults.push(`${name}: scrolls sideways, ${width} pixels wide`);
  }
  await page.setViewportSize(DESKTOP);
  return faults;
}

async function speak({ page }: ConsolePage, language: SpokenLanguage): Promise<void> {
  const chosen = JSON.stringify({ language });
  await page.evaluate(`localStorage.setItem('sensorflow.preferences', '${chosen}')`);
  await page.reload();
}
