import { describe, expect, it } from 'vitest';
import { looksLikeSingleByteText, looksLikeUtf8 } from './other-encoding.js';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('text of one byte a character', () => {
  it.each([
    ['within a word', 'L\xfcfter'],
    ['two within a word', 'Gr\xf6\xdfe'],
    ['in front of a unit', ';\xb0C;'],
    ['micro in front of a unit', '(\xb5g)'],
    ['behind a unit', 'm\xb3/h'],
    ['a square at the end of a cell', ';W/m\xb2;'],
    ['at the beginnings of words', '\xd6l;\xc4nderung'],
    ['at the ends of words', 'caf\xe9;Ma\xdf'],
    ['quotes and a dash of Windows', '\x93text\x94 \x96'],
    ['degrees in several cells', '25\xb0;26\xb0;'],
    ['beside a damaged byte', 'L\xfcfter;1\xff2'],
  ])('is known by what stands %s', (_, text) => {
    expect(looksLikeSingleByteText(latin1(text))).toBe(true);
  });

  it.each([
    ['ASCII', latin1('EQ-1;2;3')],
    ['UTF-8', Buffer.from('Größe (°C) – 5 µg/m³ 温度')],
    ['a single byte at the end of a word', latin1('M\xfc;1')],
    ['a damaged number', latin1('21\xb5.5;3\xb5\n')],
    ['what a power loss leaves', latin1(`EQ-1;${'\xff'.repeat(9)};${'\x80'.repeat(7)}a\n`)],
    ['forms that are never UTF-8', latin1('\xc0\xaf;\xed\xa0\x80;')],
    ['half a character of UTF-16', latin1('a\xffb')],
    [
      'UTF-8 with damage within a word',
      Buffer.concat([Buffer.from('Größe Lüfter'), latin1('L\xfcfter')]),
    ],
    ['UTF-8 that is cut', Buffer.from('T (°C);Lü').subarray(0, -1)],
  ])('is not seen in %s', (_, text) => {
    expect(looksLikeSingleByteText(text)).toBe(false);
  });
});

describe('UTF-8 that is called something else', () => {
  it.each(['Lüfter', ';°C;', '5 µg/m³', '20–30', '€', '温度', 'Температура'])(
    'is known by %s, also when it is cut within a character',
    (text) => {
      expect(looksLikeUtf8(Buffer.from(text))).toBe(true);
      expect(looksLikeUtf8(Buffer.from(`${text}ß`).subarray(0, -1))).toBe(true);
    },
  );

  it.each([
    'EQ-1;2',
    '',
    'L\xfcfter',
    'Gr\xf6\xdfe',
    'Ma\xdf\xb2',
    '\x80',
    '100 \x80',
    'PRESS\xc3O',
  ])('is not seen in the bytes of %j', (text) => {
    expect(looksLikeUtf8(latin1(text))).toBe(false);
  });
});
