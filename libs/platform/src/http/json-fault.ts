import { MAX_JSON_DEPTH } from './json-outline.js';

/** Where and why a text is not JSON. */
export interface JsonFault {
  /** Both from 1; the column counts characters. */
  readonly line: number;
  readonly column: number;
  /** A sentence: what was found there, and what to write instead. */
  readonly found: string;
}

const TOO_DEEP = `JSON may be nested ${MAX_JSON_DEPTH} levels deep at most.`;
const BLANK = new Set([' ', '\t', '\r', '\n']);
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LITERAL = /(?:true|false|null)(?![\w$.])/y;
/** The word in the place of a value or a name. */
const WORD = /[-+]?[\w$.]{1,40}/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y;

/**
 * Finds the first place at which a text stops being one JSON document; undefined for one that is. Looks at each
 * character once, without recursion: for what JSON.parse has refused, whose message does not always say where.
 */
export function jsonFaultIn(text: string, start = 0): JsonFault | undefined {
  const scanner = new Scanner(text, start);
  const found = scanner.fault();
  return found === undefined ? undefined : { ...placeIn(text, scanner.at), found };
}

function placeIn(text: string, at: number): { line: number; column: number } {
  let line = 1;
  let lineStart = 0;
  for (let end = text.indexOf('\n'); end !== -1 && end < at; end = text.indexOf('\n', lineStart)) {
    line += 1;
    lineStart = end + 1;
  }
  return { line, column: at - lineStart + 1 };
}

class Scanner {
  /** The closing brackets that are still needed. */
  private readonly closing: string[] = [];

  constructor(
    private readonly text: string,
    public at: number,
  ) {}

  /** The fault in words; `at` is its position. */
  fault(): string | undefined {
    for (;;) {
      const found = this.value();
      if (found !== undefined) return found;
      const behind = this.behindValue();
      if (behind !== 'next') return behind;
    }
  }

  /** Up to the end of a value that holds no other, or into one that does. */
  private value(): string | undefined {
    for (;;) {
      const character = this.skipBlanks();
      if (character === '"') return this.string();
      if (character !== '{' && character !== '[') return this.plainValue(character);
      // Deeper than this, a path would not help, and 8 MiB of brackets would be kept.
      if (this.closing.length === MAX_JSON_DEPTH) return TOO_DEEP;
      this.at += 1;
      const close = character === '{' ? '}' : ']';
      this.closing.push(close);
      if (this.skipBlanks() === close) {
        // Empty: a value like any other.
        this.at += 1;
        this.closing.pop();
        return undefined;
      }
      const found = close === '}' ? this.name() : undefined;
      if (found !== undefined) return found;
    }
  }

  private plainValue(character: string): string | undefined {
    if (this.takes(LITERAL)) return undefined;
    if (!this.takes(NUMBER)) return this.noValue(character);
    // Text such as 01, 1.2.3 or 2023-02-15 continues, so that it is no number.
    return this.wordAt(this.at) === '' ? undefined : this.noNumber();
  }

  private noNumber(): string {
    return `A number does not go on like this (${this.wordAt(this.at)}): text is in double quotes.`;
  }

  private noValue(character: string): string {
    if (character === '') return this.endsTooEarly();
    if (character === ']' || character === '}') return 'A value is missing before this bracket.';
    if (character === ',') return 'A value is missing before this comma.';
    if (character === "'") return 'JSON has double quotes, not single ones.';
    if (character === '/' || character === '#') return 'JSON has no comments.';
    const word = this.wordAt(this.at);
    return WORDS.get(word.toLowerCase().replace(/^[-+]/, '')) ?? noJson(word, character);
  }

  /** A member's name and its colon. */
  private name(): string | undefined {
    const character = this.skipBlanks();
    if (character === '') return this.endsTooEarly();
    if (character === '}') return 'A comma stands before this bracket: leave it out.';
    if (character === "'") return 'JSON has double quotes, not single ones.';
    if (character !== '"') return 'A name in double quotes was expected here.';
    const found = this.string();
    if (found !== undefined) return found;
    const colon = this.skipBlanks();
    if (colon === '') return this.endsTooEarly();
    if (colon !== ':') return 'A colon was expected behind the name.';
    this.at += 1;
    return undefined;
  }

  private string(): string | undefined {
    for (this.at += 1; this.at < this.text.length; this.at += 1) {
      const character = this.text[this.at] ?? '';
      if (character === '"') {
        this.at += 1;
        return undefined;
      }
      if (character < ' ') return 'A control character in a string is written as an escape.';
      if (character === '\\') {
        if (!this.takes(ESCAPE)) return 'This is no escape of JSON.';
        this.at -= 1;
      }
    }
    return this.endsTooEarly();
  }

  /** `next` where another value follows; undefined at the end of the document. */
  private behindValue(): string | undefined {
    for (;;) {
      const close = this.closing.at(-1);
      const character = this.skipBlanks();
      if (close === undefined) return character === '' ? undefined : this.tooMuch(character);
      if (character === close) {
        this.at += 1;
        this.closing.pop();
      } else if (character === ',') {
        this.at += 1;
        return this.behindComma(close);
      } else {
        return character === '' ? this.endsTooEarly() : `A comma or ${close} was expected here.`;
      }
    }
  }

  private behindComma(close: string): string | undefined {
    if (close === '}') return this.name() ?? 'next';
    return this.skipBlanks() === close
      ? 'A comma stands before this bracket: leave it out.'
      : 'next';
  }

  private tooMuch(character: string): string {
    return character === '{' || character === '['
      ? 'Another JSON document begins here. Send one; many lines of JSON are application/x-ndjson, on the routes that take it.'
      : 'The document ended before this.';
  }

  private endsTooEarly(): string {
    return this.text.trim() === ''
      ? 'There is nothing in it.'
      : 'The text ends too early: compare Content-Length with the number of its bytes.';
  }

  private skipBlanks(): string {
    while (BLANK.has(this.text[this.at] ?? '')) this.at += 1;
    return this.text[this.at] ?? '';
  }

  private takes(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const [matched] = pattern.exec(this.text) ?? [];
    if (matched === undefined) return false;
    this.at += matched.length;
    return true;
  }

  private wordAt(at: number): string {
    WORD.lastIndex = at;
    return WORD.exec(this.text)?.[0] ?? '';
  }
}

const NOT_A_NUMBER = 'is not JSON: send null, or leave the metric out.';

/** Words of other languages, in small letters and without a sign. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['nan', `NaN ${NOT_A_NUMBER}`],
  ['inf', `Infinity ${NOT_A_NUMBER}`],
  ['infinity', `Infinity ${NOT_A_NUMBER}`],
  ['none', 'None is not JSON: write null.'],
  ['undefined', 'undefined is not JSON: write null, or leave the member out.'],
  ['true', 'In JSON, true is written in small letters.'],
  ['false', 'In JSON, false is written in small letters.'],
  ['null', 'In JSON, null is written in small letters.'],
]);

function noJson(word: string, character: string): string {
  if (/^[-+.]?\d|^\.$/.test(word)) {
    return `${word} is no number of JSON: it begins with a digit or a minus and a digit, and a point has digits on both sides.`;
  }
  return word === ''
    ? `A value was expected here, not ${JSON.stringify(character)}.`
    : `${word} is no value of JSON: text is in double quotes.`;
}
