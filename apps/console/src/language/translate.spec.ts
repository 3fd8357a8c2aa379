import { describe, expect, it } from 'vitest';
import { en, type Message } from './en.ts';
import { ptBr } from './pt-br.ts';
import { languageOf, translator } from './translate.ts';

function holesIn(message: Message): readonly string[] {
  const texts = typeof message === 'string' ? [message] : Object.values(message);
  return [...new Set(texts.flatMap((text) => text.match(/\{\w+\}/g) ?? []))].toSorted();
}

describe('the language of a browser', () => {
  it.each([
    [['pt-BR', 'en'], 'pt-BR'],
    [['pt-PT'], 'pt-BR'],
    [['de-DE', 'pt'], 'pt-BR'],
    [['en-GB', 'pt-BR'], 'en'],
    [['de-DE'], 'en'],
    [[], 'en'],
  ])('that prefers %s is %s', (preferred, language) => {
    expect(languageOf(preferred)).toBe(language);
  });
});

describe('a translation', () => {
  it('fills in names, and numbers as the language writes them', () => {
    const t = translator(ptBr, 'pt-BR');

    expect(t('account.until', { time: '14:30' })).toBe('Sessão até 14:30');
    expect(t('overview.found', { count: 12_345 })).toBe('12.345 equipamentos');
    expect(t('overview.found', { count: 1 })).toBe('1 equipamento');
  });

  it('has the same holes in both languages', () => {
    const different = Object.entries<Message>(en).filter(
      ([key, message]) =>
        holesIn(message).join() !== holesIn(Reflect.get(ptBr, key) as Message).join(),
    );

    expect(different.map(([key]) => key)).toEqual([]);
  });
});
