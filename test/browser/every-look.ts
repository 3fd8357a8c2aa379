import { en } from '../../apps/console/src/language/en.ts';
import { ptBr } from '../../apps/console/src/language/pt-br.ts';
import { translator, type Translate } from '../../apps/console/src/language/translate.ts';
import { DESKTOP, PHONE, type ConsolePage } from './console-browser.js';

/** Wide and narrow, light and dark, English and Portuguese: every pair of them is seen. */
const LOOKS = [
  { name: 'light', viewport: DESKTOP, colorScheme: 'light', ...english() },
  { name: 'dark-pt', viewport: DESKTOP, colorScheme: 'dark', ...portuguese() },
  { name: 'phone-pt', viewport: PHONE, colorScheme: 'light', ...portuguese() },
  { name: 'phone-dark', viewport: PHONE, colorScheme: 'dark', ...english() },
] as const;

function english() {
  return { language: 'en', t: translator(en, 'en') } as const;
}

function portuguese() {
  return { language: 'pt-BR', t: translator(ptBr, 'pt-BR') } as const;
}

/** Does what it takes until the page, or a dialog, stands there; finds texts by their keys. */
type Show = (t: Translate) => Promise<void>;

/**
 * Loads the page again in every look, leaves a picture of each, and answers what axe finds wrong, and whether the page
 * scrolls sideways.
 */
export async function faultsInEveryLook(
  view: ConsolePage,
  screen: string,
  show: Show,
): Promise<readonly string[]> {
  return faultsIn(LOOKS, view, screen, show);
}

/** The same for what opens inside a page: once wide and light, once narrow and dark. */
export async function faultsInLightAndDark(
  view: ConsolePage,
  screen: string,
  show: Show,
): Promise<readonly string[]> {
  return faultsIn([LOOKS[0], LOOKS[3]], view, screen, show);
}

async function faultsIn(
  looks: readonly (typeof LOOKS)[number][],
  view: ConsolePage,
  screen: string,
  show: Show,
): Promise<readonly string[]> {
  const { page } = view;
  const faults: string[] = [];
  for (const { name, viewport, colorScheme, language, t } of looks) {
    const chosen = JSON.stringify({ language });
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.evaluate(`localStorage.setItem('sensorflow.preferences', '${chosen}')`);
    await page.reload();
    await show(t);

    await view.photograph(`${screen}-${name}`);
    const found = await view.accessibilityFaults();
    faults.push(...found.map((fault) => `${name}: ${fault}`));
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (width > viewport.width) faults.push(`${name}: scrolls sideways, ${width} pixels wide`);
  }
  return faults;
}
