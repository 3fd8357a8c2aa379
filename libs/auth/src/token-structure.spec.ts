import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyIdOfWellFormedToken, malformation } from './token-structure.js';

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

const HEADER = { alg: 'RS256', kid: 'key' };

describe('the shape of a token', () => {
  it.each([HEADER, { ...HEADER, typ: 'JWT' }, { ...HEADER, typ: 'at+jwt' }])(
    'is right with the header %j',
    (header) => {
      expect(keyIdOfWellFormedToken(`${part(header)}.${part({ sub: 'x' })}.c2ln`)).toBe('key');
    },
  );

  it.each([
    'none',
    'None',
    'HS256',
    'RS384',
    'PS256',
    'ES256',
    'rs256',
    '',
    256,
    undefined,
    ['RS256'],
  ])('is wrong with alg %j', (alg) => {
    const token = `${part({ ...HEADER, alg })}.${part({ sub: 'x' })}.c2ln`;

    expect(keyIdOfWellFormedToken(token)).toBeUndefined();
  });

  it('is wrong when the payload is not UTF-8', () => {
    const payload = Buffer.from([...Buffer.from('{"sub":"'), 0xff, ...Buffer.from('"}')]);

    const keyId = keyIdOfWellFormedToken(`${part(HEADER)}.${payload.toString('base64url')}.c2ln`);

    expect(keyId).toBeUndefined();
  });

  it('is judged without throwing, whatever comes', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      fc.constant(part(HEADER)),
    );

    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        expect(['undefined', 'string']).toContain(typeof keyIdOfWellFormedToken(pieces.join('.')));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a text that has not the shape of a token', () => {
  const signature = 'x'.repeat(342);
  const token = `${part(HEADER)}.${part({ exp: 1, iss: 'https://secret.example' })}.${signature}`;

  it.each([
    ['', /no access token behind Bearer/],
    [`"${token}"`, /in quotes/],
    [`<${token}>`, /in quotes or brackets/],
    [`Bearer ${token}`, /Bearer is there twice/],
    [`${token} ${token}`, /more than one token/],
    [`${token}${token}`, /more than once/],
    [token.slice(0, 30), /cut off/],
    [token.slice(0, token.lastIndexOf('.') + 200), /cut off/],
    ['hunter2', /three base64url parts/],
    [token, /three base64url parts/],
  ])('is told what it looks like, and nothing that stands in it: %#', (text, words) => {
    const said = malformation(text);

    expect(said).toMatch(words);
    expect(said).not.toMatch(/secret|expired|kid|key/);
  });
});
