import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { en, type Messages } from '../language/en.ts';
import { languageOf, translator, type Language, type Translate } from '../language/translate.ts';
import { Formats } from '../time/formats.ts';

export type Theme = 'system' | 'light' | 'dark';

interface Chosen {
  readonly language?: Language;
  readonly theme?: Theme;
  /** An IANA name; the browser's zone unless chosen. */
  readonly zone?: string;
}

interface Preferences {
  readonly language: Language;
  readonly theme: Theme;
  readonly zone: string | undefined;
  readonly t: Translate;
  readonly formats: Formats;
  readonly choose: (choice: { readonly [K in keyof Chosen]: Chosen[K] | undefined }) => void;
}

const STORED = 'sensorflow.preferences';
const PreferencesContext = createContext<Preferences | undefined>(undefined);

/** Language, appearance and time zone: the browser's until somebody chooses, kept in this browser alone. */
export function PreferencesProvider({ children }: { readonly children: ReactNode }) {
  const [chosen, setChosen] = useState(stored);
  const language = chosen.language ?? languageOf(navigator.languages);
  const theme = chosen.theme ?? 'system';
  const messages = useMessages(language);
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset['theme'] = theme;
  }, [language, theme]);
  const value = useMemo<Preferences | undefined>(
    () =>
      messages && {
        language,
        theme,
        zone: chosen.zone,
        t: translator(messages, language),
        formats: new Formats(language, chosen.zone ?? browserZone()),
        choose: (choice) =>
          setChosen((before) => {
            const next = JSON.stringify({ ...before, ...choice });
            keep(next);
            return parsed(next);
          }),
      },
    [messages, language, theme, chosen.zone],
  );
  return value && <PreferencesContext value={value}>{children}</PreferencesContext>;
}

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (!preferences) throw new Error('outside of PreferencesProvider');
  return preferences;
}

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** English comes with the page; other languages are loaded when somebody reads them. */
function useMessages(language: Language): Messages | undefined {
  const [portuguese, setPortuguese] = useState<Messages>();
  useEffect(() => {
    if (language !== 'pt-BR') return;
    void import('../language/pt-br.ts').then(({ ptBr }) => setPortuguese(ptBr));
  }, [language]);
  return language === 'en' ? en : portuguese;
}

function stored(): Chosen {
  try {
    return parsed(localStorage.getItem(STORED) ?? '{}');
  } catch {
    return {};
  }
}

/** Takes what an older version kept, or a curious hand changed, only where it makes sense. */
function parsed(text: string): Chosen {
  const { language, theme, zone } = Object(JSON.parse(text)) as Record<string, unknown>;
  return {
    ...((language === 'en' || language === 'pt-BR') && { language }),
    ...((theme === 'light' || theme === 'dark') && { theme }),
    ...(typeof zone === 'string' &&
      Intl.supportedValuesOf('timeZone').concat('UTC').includes(zone) && { zone }),
  };
}

function keep(text: string): void {
  try {
    localStorage.setItem(STORED, text);
  } catch {
    // Without storage the choice holds for this page.
  }
}
