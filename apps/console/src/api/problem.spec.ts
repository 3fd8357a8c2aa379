import { describe, expect, it } from 'vitest';
import { ptBr } from '../language/pt-br.ts';
import { translator } from '../language/translate.ts';
import { Formats } from '../time/formats.ts';
import { ApiProblem, problemIn, problemText } from './problem.ts';

const t = translator(ptBr, 'pt-BR');
const formats = new Formats('pt-BR', 'UTC');

function textOf(document: unknown, status = 400, retryAfter: string | null = null): string {
  return problemText(problemIn(status, document, retryAfter), t, formats);
}

describe('what a reader is told of a problem', () => {
  it('is a text of ours where the code is known, with how long to wait', () => {
    expect(textOf({ code: 'login-throttled', detail: 'Wait.' }, 429, '240')).toBe(
      'Muitas tentativas falharam. Aguarde 4 min e tente de novo.',
    );
  });

  it('is what the service says of the first fault, or of the whole, where it is not', () => {
    const errors = [{ pointer: '/limit', code: 'new-code', detail: 'From 1 to 1000.' }];

    expect(textOf({ code: 'invalid-request', detail: 'See errors.', errors })).toBe(
      'From 1 to 1000.',
    );
    expect(textOf({ code: 'new-code', detail: 'At most 10 feeds.' })).toBe('At most 10 feeds.');
  });

  it('is a text of ours for a fault whose code is known', () => {
    const errors = [{ pointer: '/name', code: 'name-invalid', detail: 'A name is a text.' }];

    expect(textOf({ code: 'invalid-request', detail: 'See errors.', errors })).toBe(
      ptBr['fault.name-invalid'],
    );
  });

  it('is that of another code, where it comes to the same', () => {
    expect(textOf({ code: 'overloaded', detail: 'Wait.' }, 503)).toBe(
      ptBr['problem.reads-overloaded'],
    );
  });

  it.each([undefined, null, 'a page of a proxy', { code: 5 }])(
    'of an answer that is no problem document, %o, is that it cannot be read',
    (document) => {
      expect(textOf(document, 502)).toBe(ptBr['problem.unreadable']);
    },
  );
});

describe('a problem', () => {
  it.each([
    [0, true],
    [400, false],
    [401, false],
    [429, true],
    [503, true],
  ])('of status %i may go away by itself: %s', (status, isTemporary) => {
    expect(new ApiProblem(status, 'code', 'detail').isTemporary).toBe(isTemporary);
  });
});
