import { describe, expect, it } from 'vitest';
import { en } from '../language/en.ts';
import { ptBr } from '../language/pt-br.ts';
import { translator } from '../language/translate.ts';
import { faultDetail, faultName, keptFaultDetail } from './fault-words.ts';

const t = translator(ptBr, 'pt-BR');
const fault = (code: string, parameters: Record<string, string | number> = {}) => ({
  code,
  detail: 'What the service says.',
  parameters,
});

describe('what a reader is told of a fault', () => {
  it('names what the fault is about, where the service says it', () => {
    expect(faultDetail(fault('field-count', { fields: 2, expected: 1003 }), t)).toBe(
      'A linha tem 2 células, a linha de nomes 1.003.',
    );
    expect(faultDetail(fault('field-count'), t)).toBe(ptBr['imports.detail.field-count']);
  });

  it('begins with the column, if it is that of a cell', () => {
    expect(faultDetail(fault('value-not-a-number', { column: 'flow' }), t)).toBe(
      `flow: ${t('imports.detail.value-not-a-number')}`,
    );
  });

  it('is what the service says, where its code has no words', () => {
    expect(faultDetail(fault('new-code', { column: 'flow' }), t)).toBe('What the service says.');
    expect(faultName('new-code', t)).toBe('new-code');
  });

  it('of a kept sentence is that sentence in English, and words of ours otherwise', () => {
    const kept = { code: 'comment', detail: 'The line is a comment.' };

    expect(keptFaultDetail(kept, translator(en, 'en'), 'en')).toBe('The line is a comment.');
    expect(keptFaultDetail(kept, t, 'pt-BR', ['a', 'b'])).toBe(
      `a, b: ${t('imports.detail.comment')}`,
    );
  });
});
