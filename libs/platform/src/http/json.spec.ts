import { DomainError } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { MAX_JSON_DEPTH } from './json-outline.js';
import { parseJson } from './json.js';

function codeOf(text: string): string | undefined {
  try {
    parseJson(text);
    return undefined;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

describe('a JSON document of a caller', () => {
  it('is read as JSON.parse reads it', () => {
    expect(parseJson('{"a":[1,2.5,"x",null,true]}')).toEqual({ a: [1, 2.5, 'x', null, true] });
  });

  it.each(['', '{', '{"a":1,}', 'NaN', '{"a":01}', "{'a':1}", '{"a":1}x', '{"a":+1}'])(
    'is refused when it is no JSON: %s',
    (text) => {
      expect(codeOf(text)).toBe('json-malformed');
    },
  );

  it('may be nested as deep as the limit and no deeper', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

    expect(codeOf(nested(MAX_JSON_DEPTH))).toBeUndefined();
    expect(codeOf(nested(MAX_JSON_DEPTH + 1))).toBe('json-too-deep');
    expect(codeOf(nested(100_000))).toBe('json-too-deep');
  });

  it.each(['{"__proto__":{"x":1}}', '{"a":[{"\\u005f_proto__":1}]}'])(
    'cannot carry the key that changes prototypes: %s',
    (text) => {
      expect(codeOf(text)).toBe('json-forbidden-key');
    },
  );

  it('keeps a number too small for a double apart from zero', () => {
    expect(parseJson('[1e-400, -1e-999, 0.0, 0e-400, 1e-100]')).toEqual([
      Number.MIN_VALUE,
      Number.MIN_VALUE,
      0,
      0,
      1e-100,
    ]);
  });

  it.each([
    ['{"value":1,"value":2}', '/value'],
    ['{"values":{"a/b":1,"x":{},"a/b":2}}', '/values/a~1b'],
    ['[{"a":1},{"b":[0,{"c":":","d":{"c":1},"\\u0063":2}]}]', '/1/b/1/c'],
    ['{"\\"":1,"\\\\":2,"\\"":3}', '/"'],
  ])('is refused when an object has a name twice: %s', (text, pointer) => {
    expect(() => parseJson(text)).toThrow(
      expect.objectContaining({
        code: 'json-duplicate-key',
        faults: [expect.objectContaining({ pointer, code: 'json-duplicate-key' })],
      }),
    );
  });

  it.each([
    '{"a":"{\\"a\\":1,\\"a\\":2}"}',
    '[{"a":1},{"a":1}]',
    '{"a":{"a":{"a":":"}}}',
    '{"":0}',
  ])('may have a name in several objects and strings: %s', (text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('has numbers in its strings left alone', () => {
    const text = '["1e-400", "a\\"1e-400", 1e-400, "0.0"]';

    expect(parseJson(text)).toEqual(['1e-400', 'a"1e-400', Number.MIN_VALUE, '0.0']);
  });

  it.each(['[01e-400]', '[1.e-400]', '[+1e-400]', '[1e-400.5]', '[-1e-400-]', '[1e-400, ]'])(
    'is refused when a tiny number in it is none: %s',
    (text) => {
      expect(codeOf(text)).toBe('json-malformed');
    },
  );

  it('keeps a number with a long run of zeros apart from zero', () => {
    const zeros = '0'.repeat(400);

    expect(parseJson(`[0.${zeros}1, 0.${zeros}, -0.${zeros}1e${zeros.length}]`)).toEqual([
      Number.MIN_VALUE,
      0,
      -0.1,
    ]);
  });
});

describe('a number that is kept as text', () => {
  it.each([
    ['{"t": 1676440800123456789}', { t: '1676440800123456789' }],
    [
      '{ "a": {"t": 1, "b": [{"t": 2}]}, "t"\n:\t-1.50e3 , "u": 3 }',
      { a: { t: 1, b: [{ t: 2 }] }, t: '-1.50e3', u: 3 },
    ],
    ['{"t": "5", "u": "\\"t\\": 7"}', { t: '5', u: '"t": 7' }],
    ['{"u": "t", "v": 5}', { u: 't', v: 5 }],
    ['{"t": null}', { t: null }],
    ['[{"t": 5}]', [{ t: 5 }]],
    ['5', 5],
  ])('is the one of a member at the top of %s', (text, value) => {
    expect(parseJson(text, { numberText: 't' })).toEqual(value);
  });

  it.each(['{"t": 01}', '{"t": 5x}', '{"t": -}', '{"t" 5}', '{"t": 5', '{"t": 1.}'])(
    'is no number in %s',
    (text) => {
      expect(() => parseJson(text, { numberText: 't' })).toThrow('not valid JSON');
    },
  );
});
