/** Deeper documents are refused before anything is built from them. */
export const MAX_JSON_DEPTH = 10;

/** What the text of a JSON value shows in one pass, before anything is built from it. */
export interface JsonOutline {
  /** Where it begins and ends in the text, blanks around it included. */
  readonly start: number;
  readonly end: number;
  /** How many names stand in all of its objects, repeated ones included. */
  readonly names: number;
  /** How deep objects and arrays are nested in it; 0 for anything else. */
  readonly depth: number;
  /** Whether a number in it may be too small for a double. */
  readonly mayUnderflow: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const UPPER_E = 0x45;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_E = 0x65;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Outlines the value that begins at `start`: up to the comma or bracket that ends it, or the end of
 * the text. Looks at each character once, whatever they are; whether they are JSON is for JSON.parse to say.
 */
export function outlineOf(text: string, start = 0): JsonOutline {
  let names = 0;
  let nesting = 0;
  let depth = 0;
  let mayUnderflow = false;
  let at = start;
  for (; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = closingQuote(text, at);
        break;
      case COLON:
        names += 1;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        nesting += 1;
        if (nesting > depth) depth = nesting;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (nesting === 0) return { start, end: at, names, depth, mayUnderflow };
        nesting -= 1;
        break;
      case COMMA:
        if (nesting === 0) return { start, end: at, names, depth, mayUnderflow };
        break;
      case POINT:
        mayUnderflow ||= text.startsWith(MANY_ZEROS, at + 1);
        break;
      case LOWER_E:
      case UPPER_E:
        mayUnderflow ||= text.charCodeAt(at + 1) === MINUS && areDigits(text, at + 2, 3);
    }
  }
  return { start, end: text.length, names, depth, mayUnderflow };
}

/** With fewer zeros behind the point, and an exponent of two digits, no number is too small. */
const MANY_ZEROS = '0'.repeat(99);

/** Where the string that begins at `at` ends: its closing quote, or the end of the text. */
export function closingQuote(text: string, at: number): number {
  const quote = text.indexOf('"', at + 1);
  if (quote === -1) return text.length;
  return text.charCodeAt(quote - 1) === BACKSLASH ? unescapedQuote(text, at + 1) : quote;
}

function unescapedQuote(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return text.length;
}

function areDigits(text: string, at: number, count: number): boolean {
  for (let index = at; index < at + count; index += 1) {
    if (!isDigit(text.charCodeAt(index))) return false;
  }
  return true;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
