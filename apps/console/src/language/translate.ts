import type { Message, MessageKey, Messages } from './en.ts';

export type Language = 'en' | 'pt-BR';
export type Parameters = Readonly<Record<string, string | number>>;
export type Translate = (key: MessageKey, parameters?: Parameters) => string;

/** What the browser's user reads: Portuguese of any kind is answered in Brazilian, everything else in English. */
export function languageOf(preferred: readonly string[]): Language {
  const known = preferred.find((tag) => /^(en|pt)\b/i.test(tag));
  return known !== undefined && /^pt/i.test(known) ? 'pt-BR' : 'en';
}

export function translator(messages: Messages, language: Language): Translate {
  const plurals = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (key, parameters = {}) => {
    const text = textOf(messages[key], plurals, parameters['count']);
    return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => {
      const value = parameters[name];
      return typeof value === 'number' ? numbers.format(value) : (value ?? hole);
    });
  };
}

function textOf(
  message: Message,
  plurals: Intl.PluralRules,
  count: string | number | undefined,
): string {
  if (typeof message === 'string') return message;
  return message[plurals.select(Number(count))] ?? message.other ?? '';
}
