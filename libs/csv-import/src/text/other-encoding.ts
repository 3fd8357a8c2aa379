import { isUtf8 } from 'node:buffer';

/*
 * The patterns read bytes as Latin-1. 0xff is what `utf16ToUtf8` puts for half a character, and in no UTF-8; text of
 * one byte a character hardly has it either.
 */
/** A whole character of UTF-8 beyond ASCII. */
const UTF8_CHARACTER =
  /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}/g;
const STANDS_ALONE = '\u0001';
/** Plainly text: within a word (`Größe`), in front of a unit (`°C`, `µg`), behind one (`m³`). */
const PLAIN_SIGN =
  /[A-Za-z][\x80-\xfe]{1,3}(?=[A-Za-z])|(?<![\x80-\xff])[\xb0\xb5](?=[A-Za-z])|[A-Za-z][\xb2\xb3](?![\x80-\xff])/g;
/** Text as well, where there are several: at an end of a word (`Öl`, `café`), or degrees. */
const SIGN =
  /(?<![\x80-\xff])(?:(?<=[A-Za-z])[\x80-\xfe]{1,3}|[\x80-\xfe]{1,3}(?=[A-Za-z])|\xb0)(?![\x80-\xff])/g;
const SEVERAL = 2;

/**
 * Whether text that should be UTF-8 is plainly of an encoding with one byte a character. Bytes that mean nothing
 * anywhere are damage; so is what is not UTF-8 in a text that mostly is.
 */
export function looksLikeSingleByteText(head: Buffer): boolean {
  if (isUtf8(head)) return false;
  const text = head.toString('latin1');
  const others = text.replace(UTF8_CHARACTER, STANDS_ALONE);
  const signs = countOf(SIGN, others);
  const plain = countOf(PLAIN_SIGN, others);
  return (plain > 0 || signs >= SEVERAL) && Math.max(plain, signs) >= countOf(UTF8_CHARACTER, text);
}

function countOf(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}

/** What UTF-8 makes of `Ã` or `Â` and a mark behind it, or of three such characters: nobody writes them in a row. */
const NEVER_SINGLE_BYTE = /[\u0080-\u00ff\u0800-\u{10ffff}]/u;
const BEYOND_ASCII = /[^\0-\x7f]/gu;
const TOO_MANY_TO_BE_CHANCE = 3;
const MAX_CHARACTER_BYTES = 4;

/**
 * Whether text that should have one byte a character is plainly UTF-8: all of it can be read so, and what comes out
 * is not there by chance. `head` may end within a character.
 */
export function looksLikeUtf8(head: Buffer): boolean {
  const text = wholeUtf8(head)?.toString('utf8') ?? '';
  return NEVER_SINGLE_BYTE.test(text) || countOf(BEYOND_ASCII, text) >= TOO_MANY_TO_BE_CHANCE;
}

/** Without the beginning of a character at the end; undefined when it is no UTF-8. */
function wholeUtf8(head: Buffer): Buffer | undefined {
  for (let cut = 0; cut < MAX_CHARACTER_BYTES; cut += 1) {
    const whole = head.subarray(0, head.length - cut);
    if (isUtf8(whole)) return whole;
  }
  return undefined;
}
