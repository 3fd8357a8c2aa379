import { DomainError } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outlineElements, parseElement, parseElements } from './json-list.js';

const MAX_CHARACTERS = 256 * 1024;

function elementsOf(text: string, maxCharacters = MAX_CHARACTERS): readonly unknown[] | undefined {
  const outlined = outlineElements(text, 10_000);
  return (
    outlined &&
    [...parseElements(text, outlined, maxCharacters)].map((element) =>
      element.ok ? element.value : element.fault.code,
    )
  );
}

function codeOf(text: string): string | undefined {
  try {
    elementsOf(text);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

describe('the elements of a JSON array', () => {
  it('are those that JSON.parse finds, whatever the array and the blanks in it', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, '\t'), (list, space) => {
        const harmless = JSON.stringify(list, undefined, space).replaceAll('__proto__', 'proto');

        expect(elementsOf(` ${harmless}\n`)).toEqual(JSON.parse(harmless));
      }),
    );
  });

  it('are built in groups, and all of them', () => {
    const list = Array.from({ length: 9000 }, (_, index) => ({
      index,
      text: 'x'.repeat(index % 99),
    }));

    expect(elementsOf(JSON.stringify(list))).toEqual(list);
  });

  it.each([
    '',
    ' ',
    '[',
    '[1,]',
    '[,]',
    '[,1]',
    '[1,,2]',
    '[1',
    '[1}',
    '[1]x',
    '[1][',
    '["]',
    '[{"a":1]',
    '[1 2]',
    '[nul]',
  ])('are none when the text is no JSON: %s', (text) => {
    expect(codeOf(text)).toBe('json-malformed');
  });

  it.each(['{}', '"[]"', 'null', '1', '{'])('are none when the text is no array: %s', (text) => {
    expect(elementsOf(text)).toBeUndefined();
  });

  it('are counted up to a limit before one of them is looked at', () => {
    expect(outlineElements('[1,{,]'.padEnd(1000, ','), 2)).toHaveLength(2);
  });

  it('are refused one by one', () => {
    const deep = `${'['.repeat(11)}${']'.repeat(11)}`;
    const long = `"${'x'.repeat(100)}"`;

    expect(elementsOf(`[1,${deep},{"a":1,"a":2},{"__proto__":1},${long},2]`, 100)).toEqual([
      1,
      'json-too-deep',
      'json-duplicate-key',
      'json-forbidden-key',
      'element-too-large',
      2,
    ]);
  });
});

describe('an element that stands alone', () => {
  it.each([
    ['{"a":1}', { ok: true, value: { a: 1 } }],
    ['{', { ok: false, fault: { code: 'json-malformed' } }],
    ['{"a":1,"a":1}', { ok: false, fault: { code: 'json-duplicate-key', pointer: '/a' } }],
    [`"${'x'.repeat(30)}"`, { ok: false, fault: { code: 'element-too-large' } }],
  ])('is a value or says why it is none: %s', (text, expected) => {
    expect(parseElement(text, 30, { firstLine: 1 })).toMatchObject(expected);
  });
});
