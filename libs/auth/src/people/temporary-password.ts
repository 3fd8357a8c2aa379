import { randomInt } from 'node:crypto';

/** Without those that look alike. */
const UPPER = 'ABCDEFGHJKLMNPQRSTUVWXYZ';
const LOWER = 'abcdefghijkmnopqrstuvwxyz';
const DIGITS = '23456789';
const SYMBOLS = '-_!#';
const ANY = UPPER + LOWER + DIGITS;

/** 20 characters of four kinds, about 110 bits: it keeps every password policy of Cognito's default kinds. */
export function temporaryPassword(): string {
  const needed = [UPPER, LOWER, DIGITS, SYMBOLS].map(oneOf);
  const more = Array.from({ length: 16 }, () => oneOf(ANY));
  const characters = [...needed, ...more];
  // Fisher and Yates: no place is known to have a symbol.
  for (let last = characters.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other] ?? '', characters[last] ?? ''];
  }
  return characters.join('');
}

function oneOf(alphabet: string): string {
  return alphabet.charAt(randomInt(alphabet.length));
}
