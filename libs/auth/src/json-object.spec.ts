import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUnambiguousObject } from './json-object.js';

describe('an unambiguous JSON object', () => {
  it('is read as JSON.parse reads it', () => {
    const object = fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      fc.jsonValue(),
    );

    fc.assert(
      fc.property(object, fc.integer({ min: 0, max: 2 }), (value, spaces) => {
        const text = JSON.stringify(value, null, spaces);
        expect(parseUnambiguousObject(text)).toEqual(new Map(Object.entries(JSON.parse(text))));
      }),
    );
  });

  it('may repeat names below its own', () => {
    const text = String.raw`{"a":{"b":1,"b":2},"c":[{"a":1}],"d":"\"a\":1,{"}`;

    expect(parseUnambiguousObject(text)?.size).toBe(3);
  });

  it.each([
    ['a name twice', '{"exp":1,"exp":2}'],
    ['a name twice, once escaped', String.raw`{"exp":1,"e\u0078p":2}`],
    ['__proto__', '{"__proto__":{}}'],
    ['an array', '[]'],
    ['null', 'null'],
    ['text', '"{}"'],
    ['a number', '1'],
    ['no JSON', '{'],
    ['nothing', ''],
  ])('is not %s', (_name, text) => {
    expect(parseUnambiguousObject(text)).toBeUndefined();
  });
});
