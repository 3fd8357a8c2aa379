import { closingQuote, isDigit } from './json-outline.js';

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const SIGNIFICANT_DIGIT = /^[^eE]*[1-9]/;
const NUMBER_CHARACTERS: ReadonlySet<string> = new Set('0123456789.eE+-');
const MINUS = 0x2d;
const QUOTE = 0x22;

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

function endOfNumber(text: string, at: number): number {
  let end = at + 1;
  while (NUMBER_CHARACTERS.has(text[end] ?? '')) end += 1;
  return end;
}

function isRoundedToZero(token: string): boolean {
  return Number(token) === 0 && SIGNIFICANT_DIGIT.test(token) && JSON_NUMBER.test(token);
}
