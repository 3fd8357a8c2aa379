import { closingQuote, isDigit } from './json-outline.js';

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const SIGNIFICANT_DIGIT = /^[^eE]*[1-9]/;
const NUMBER_CHARACTERS: ReadonlySet<string> = new Set('0123456789.eE+-');
const MINUS = 0x2d;
const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const BLANKS: ReadonlySet<string> = new Set(' \t\r\n');

/**
 * Replaces each number that a double can only hold as zero, although it is none, by the smallest double:
 * so the rules for values can refuse it. Looks at each character once. On the text, because a reviver
 * takes seconds for the megabytes of a batch.
 */
export function keepFromZero(text: string): string {
  const pieces: string[] = [];
  let copied = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    else if (isDigit(code) || code === MINUS) {
      const end = endOfNumber(text, at);
      if (isRoundedToZero(text.slice(at, end))) {
        pieces.push(text.slice(copied, at), String(Number.MIN_VALUE));
        copied = end;
      }
      at = end - 1;
    }
  }
  return copied === 0 ? text : pieces.join('') + text.slice(copied);
}

/**
 * Puts the numbers of one member in quotes, where it stands `depth` objects and lists deep: as text they keep all
 * their digits, of which a double holds 15 to 17. Looks at each character once.
 */
export function quoteNumbers(text: string, member: string, depth: number): string {
  const pieces: string[] = [];
  let copied = 0;
  let nesting = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = closingQuote(text, at);
      const start =
        nesting === depth && text.slice(at + 1, end) === member ? numberAfter(text, end) : -1;
      at = end;
      if (start === -1) continue;
      const numberEnd = endOfNumber(text, start);
      pieces.push(text.slice(copied, start), '"', text.slice(start, numberEnd), '"');
      copied = numberEnd;
      at = numberEnd - 1;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) nesting += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) nesting -= 1;
  }
  return copied === 0 ? text : pieces.join('') + text.slice(copied);
}

/** Where the number begins that belongs to the name before `end`; -1 when it has none. */
function numberAfter(text: string, end: number): number {
  const colon = skipBlanks(text, end + 1);
  if (text[colon] !== ':') return -1;
  const start = skipBlanks(text, colon + 1);
  const code = text.charCodeAt(start);
  const isNumber = isDigit(code) || code === MINUS;
  return isNumber && JSON_NUMBER.test(text.slice(start, endOfNumber(text, start))) ? start : -1;
}

function skipBlanks(text: string, start: number): number {
  let at = start;
  while (BLANKS.has(text[at] ?? '')) at += 1;
  return at;
}

function endOfNumber(text: string, at: number): number {
  let end = at + 1;
  while (NUMBER_CHARACTERS.has(text[end] ?? '')) end += 1;
  return end;
}

function isRoundedToZero(token: string): boolean {
  return Number(token) === 0 && SIGNIFICANT_DIGIT.test(token) && JSON_NUMBER.test(token);
}
