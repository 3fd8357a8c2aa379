import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFaultIn } from './json-fault.js';

function placeOf(text: string): string | undefined {
  const fault = jsonFaultIn(text);
  return fault && `${fault.line}:${fault.column} ${fault.found}`;
}

describe('where a text is no JSON', () => {
  it.each([
    ['{"value": NaN}', '1:11 NaN is not JSON: send null, or leave the metric out.'],
    ['{"value": nan}', '1:11 NaN is not JSON'],
    ['{\n  "a": 1,\n  "b": -Infinity\n}', '3:8 Infinity is not JSON'],
    ['[1, inf]', '1:5 Infinity is not JSON'],
    ["{'a': 1}", '1:2 JSON has double quotes'],
    ['{"a": \'x\'}', '1:7 JSON has double quotes'],
    ['{"a": True}', '1:7 In JSON, true is written in small letters.'],
    ['{"a": None}', '1:7 None is not JSON: write null.'],
    ['{"a": undefined}', '1:7 undefined is not JSON'],
    ['{"a": 1,}', '1:9 A comma stands before this bracket'],
    ['[1,]', '1:4 A comma stands before this bracket'],
    ['[,1]', '1:2 A value is missing before this comma.'],
    ['{"a": }', '1:7 A value is missing before this bracket.'],
    ['{"a" 1}', '1:6 A colon was expected'],
    ['{a: 1}', '1:2 A name in double quotes'],
    ['{"a": 1 "b": 2}', '1:9 A comma or } was expected'],
    ['[1 2]', '1:4 A comma or ] was expected'],
    ['[1}', '1:3 A comma or ] was expected'],
    ['{"a": 01}', '1:8 A number does not go on like this'],
    ['{"a": 1.2.3}', '1:10 A number does not go on like this'],
    ['{"a": 2023-02-15}', '1:11 A number does not go on like this'],
    ['{"a": +1}', '1:7 +1 is no number of JSON'],
    ['{"a": .5}', '1:7 .5 is no number of JSON'],
    ['{"a": 5.}', '1:8 A number does not go on like this'],
    ['{"a": 0x10}', '1:8 A number does not go on like this'],
    ['temperature,equipment=EQ-1 value=21.5', '1:1 temperature is no value of JSON'],
    ['// x\n1', '1:1 JSON has no comments.'],
    ['{"a": 1}\n{"a": 2}', '2:1 Another JSON document begins here.'],
    ['{"a": 1};', '1:9 The document ended before this.'],
    ['', '1:1 There is nothing in it.'],
    [' \n ', '2:2 There is nothing in it.'],
    ['{"a": [1, {"b"', '1:15 The text ends too early'],
    ['{"a": "x', '1:9 The text ends too early'],
    ['{"a": tru', '1:7 tru is no value of JSON'],
    ['"a\nb"', '1:3 A control character in a string'],
    [String.raw`"a\x"`, '1:3 This is no escape of JSON.'],
    [String.raw`"\u12"`, '1:2 This is no escape of JSON.'],
    ['{"a": 1', '1:8 The text ends too early'],
    ['=1', '1:1 A value was expected here, not "="'],
  ])('is told: %j', (text, place) => {
    expect(placeOf(text)?.slice(0, place.length)).toBe(place);
  });

  it('is nowhere in what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('', ' ', '\r\n\t'), (text, blank) => {
        expect(jsonFaultIn(`${blank}${text}${blank}`)).toBeUndefined();
      }),
    );
  });

  it('is somewhere in what JSON.parse does not read, and nowhere else', () => {
    const near = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', '\\', '1', 'x', '\n', '-'),
      )
      .map(([text, at, put]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + 1);
      });
    fc.assert(
      fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), (text) => {
        const fault = jsonFaultIn(text);
        expect(fault === undefined).toBe(isJson(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('counts lines as text editors do', () => {
    expect(jsonFaultIn('[1,\r\n2,\r\n x]')).toMatchObject({ line: 3, column: 2 });
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
