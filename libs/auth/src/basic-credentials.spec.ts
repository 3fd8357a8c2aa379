import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBasicCredentials } from './basic-credentials.js';

function encoded(text: string | Buffer): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

describe('Basic credentials', () => {
  it('are split at the first colon', () => {
    expect(parseBasicCredentials(encoded('ada:a:b:'))).toEqual({
      username: 'ada',
      password: 'a:b:',
    });
  });

  it('are UTF-8', () => {
    expect(parseBasicCredentials(encoded('jürgen:pässwörd 🔑'))).toEqual({
      username: 'jürgen',
      password: 'pässwörd 🔑',
    });
  });

  it('may have an empty password, which nobody has', () => {
    expect(parseBasicCredentials(encoded('ada:'))).toEqual({ username: 'ada', password: '' });
  });

  it.each(['Basic', 'basic', 'BASIC', 'bAsIc'])('take the scheme as %s', (scheme) => {
    const header = encoded('ada:secret').replace('Basic', scheme);

    expect(parseBasicCredentials(header)).toBeDefined();
  });

  it('come back as they went in', () => {
    const plain = fc.string({ unit: 'grapheme', maxLength: 60 });
    const clean = plain.filter((text) => !/\p{Cc}/u.test(text) && text.isWellFormed());

    fc.assert(
      fc.property(clean, clean, (username, password) => {
        fc.pre(username !== '' && !username.includes(':'));
        expect(parseBasicCredentials(encoded(`${username}:${password}`))).toEqual({
          username,
          password,
        });
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['the scheme alone', 'Basic'],
    ['another scheme', 'Bearer YTpi'],
    ['no base64', 'Basic ada:secret'],
    ['base64 with junk', 'Basic YT*pi'],
    ['base64 with a line break', 'Basic YTpi\nYTpi'],
    ['base64url', `Basic ${Buffer.from('a:???>>>').toString('base64url')}`],
    ['missing padding', 'Basic YTpiYw'],
    ['stray trailing bits', 'Basic YTpiYx=='],
    ['two values', 'Basic YTpi YTpi'],
    ['no colon', encoded('ada')],
    ['no name', encoded(':secret')],
    ['broken UTF-8', encoded(Buffer.from([0x61, 0x3a, 0xff]))],
    ['Latin-1', encoded(Buffer.from('jürgen:x', 'latin1'))],
    ['a NUL', encoded('ada\u0000:secret')],
    ['a line break', encoded('ada:sec\r\nret')],
    ['a C1 control character', encoded('ada:\u0085')],
    ['more than 2 KB', encoded(`ada:${'x'.repeat(2000)}`)],
  ])('are refused with %s', (_name, header) => {
    expect(parseBasicCredentials(header)).toBeUndefined();
  });
});
