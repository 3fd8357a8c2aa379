import { DomainError } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { MAX_JSON_DEPTH, parseJson } from './json.js';

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
});
