import { accepted, refused, type Parsed } from '@sensorflow/kernel';

/** What a step of a pattern reads. */
export const STEP = {
  LITERAL: 0,
  BLANKS: 1,
  YEAR: 2,
  MONTH: 3,
  MONTH_NAME: 4,
  DAY: 5,
  HOUR: 6,
  HOUR_OF_HALF_DAY: 7,
  MINUTE: 8,
  SECOND: 9,
  FRACTION: 10,
  HALF_DAY: 11,
  WEEKDAY: 12,
  OFFSET: 13,
} as const;
export type StepKind = (typeof STEP)[keyof typeof STEP];

export interface PatternStep {
  readonly kind: StepKind;
  /** Of numbers: how many digits. */
  readonly minDigits: number;
  readonly maxDigits: number;
  /** Of literals, in UTF-8. */
  readonly bytes: Uint8Array;
}

/** A pattern that was found to name one instant, or one local time. */
export interface DatePattern {
  readonly steps: readonly PatternStep[];
  /** Whether what it reads says its distance from UTC. */
  readonly hasOffset: boolean;
}

const MAX_LENGTH = 64;
const CONTROL_OR_QUOTE = /["\p{Cc}]/u;

/**
 * Compiles a pattern of Unicode's letters: `y` or `u` (4 digits; `yy`: 70 to 99 are 1970 to 1999, 00 to 69 are
 * 2000 to 2069), `M` (`MMM`, `MMMM`: English names), `d`, `H` or `h` with `a`, `m`, `s`, `S` (fraction: as many
 * digits as letters; a single one takes 1 to 9), `E` (English weekday, which must be right), and `X`, `x` or `Z`
 * for an offset. Days, months and hours may lack their leading zero where no digit follows. A blank stands
 * for one or more. Text that could be read as letters stands in single quotes; where it says an offset, as 'UTC'
 * does, it is read as one. Fault: `timestamp-format-invalid`.
 */
export function compilePattern(text: string): Parsed<DatePattern> {
  if (text.length > MAX_LENGTH) return invalid(`a pattern has at most ${MAX_LENGTH} characters`);
  if (text.includes('%')) return invalid('% is not known here: write dd.MM.yyyy for %d.%m.%Y');
  if (CONTROL_OR_QUOTE.test(text)) {
    return invalid('double quotes and control characters cannot stand in it');
  }
  const written = tokensOf(text.trim());
  if (typeof written === 'string') return invalid(written);
  const tokens = written.flatMap(offsetsSaid);
  const fault = faultOf(tokens);
  if (fault !== undefined) return invalid(fault);
  const hasOffset = tokens.some(({ kind }) => kind === STEP.OFFSET);
  return accepted({ steps: tokens.map(stepOf), hasOffset });
}

function invalid(reason: string): { ok: false; fault: { code: string; detail: string } } {
  return refused('timestamp-format-invalid', `This timestamp format cannot be used: ${reason}.`);
}

interface Token {
  readonly kind: StepKind;
  readonly letters: number;
  readonly literal: string;
}

const TOKEN = /'((?:[^']|'')*)'|([A-Za-z])\2*| +|[^A-Za-z' ]+/gy;

/** Or what is wrong with the text. */
function tokensOf(text: string): readonly Token[] | string {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token, quoted, letter] = match;
    end = match.index + token.length;
    if (letter !== undefined && letter !== 'T') {
      const kind = kindOf(letter, token.length);
      if (typeof kind === 'string') return kind;
      tokens.push({ kind, letters: token.length, literal: '' });
    } else if (token.startsWith(' ')) tokens.push({ kind: STEP.BLANKS, letters: 0, literal: ' ' });
    else {
      const literal = quoted === undefined ? token : quoted.replaceAll("''", "'") || "'";
      tokens.push({ kind: STEP.LITERAL, letters: 0, literal });
    }
  }
  return end === text.length ? tokens : 'a single quote is not closed';
}

const UTC = /^ *(?:UTC|GMT) *$/i;
const OFFSET_OF_TIME = /^ *(?:Z|[+-]\d{2}(?::?\d{2})?) *$/i;

/** Text that says an offset: times with it are no local times. */
function offsetsSaid(token: Token, at: number, all: readonly Token[]): readonly Token[] {
  const { kind, literal } = token;
  if (kind !== STEP.LITERAL) return [token];
  const before = all.slice(0, at).findLast((one) => one.kind !== STEP.BLANKS)?.kind ?? kind;
  const isBehindTime = before >= STEP.HOUR && before <= STEP.HALF_DAY;
  if (!UTC.test(literal) && !(isBehindTime && OFFSET_OF_TIME.test(literal))) return [token];
  const blanks = { kind: STEP.BLANKS, letters: 0, literal: ' ' };
  const offset = { kind: STEP.OFFSET, letters: 1, literal: '' };
  return [
    ...(literal.startsWith(' ') ? [blanks] : []),
    offset,
    ...(literal.endsWith(' ') ? [blanks] : []),
  ];
}

/** Or why the letter cannot be used. */
function kindOf(letter: string, count: number): StepKind | string {
  const known = LETTERS[letter];
  if (known === undefined) return HINTS[letter] ?? `the letter ${letter} ${UNKNOWN_LETTER}`;
  const { kind, counts } = known;
  if (!counts.includes(count)) return `${letter.repeat(count)} has too many or too few letters`;
  return kind === STEP.MONTH && count > 2 ? STEP.MONTH_NAME : kind;
}

const UNKNOWN_LETTER =
  "is not known here: y M d H h m s S a E X are, and other text stands in 'single quotes'";
const SMALL = [1, 2];
const LETTERS: Readonly<Record<string, { kind: StepKind; counts: readonly number[] }>> = {
  y: { kind: STEP.YEAR, counts: [1, 2, 4] },
  u: { kind: STEP.YEAR, counts: [1, 4] },
  M: { kind: STEP.MONTH, counts: [1, 2, 3, 4] },
  d: { kind: STEP.DAY, counts: SMALL },
  H: { kind: STEP.HOUR, counts: SMALL },
  h: { kind: STEP.HOUR_OF_HALF_DAY, counts: SMALL },
  m: { kind: STEP.MINUTE, counts: SMALL },
  s: { kind: STEP.SECOND, counts: SMALL },
  S: { kind: STEP.FRACTION, counts: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
  a: { kind: STEP.HALF_DAY, counts: [1, 2, 3] },
  E: { kind: STEP.WEEKDAY, counts: [1, 2, 3, 4] },
  X: { kind: STEP.OFFSET, counts: [1, 2, 3, 4, 5] },
  x: { kind: STEP.OFFSET, counts: [1, 2, 3, 4, 5] },
  Z: { kind: STEP.OFFSET, counts: [1, 2, 3, 4, 5] },
};
const ZONE_NAMES = 'names of zones such as CST are ambiguous: leave them out and name the timezone';
const WEEK_YEARS = 'D is the day of the year and Y the year that a week belongs to: write d and y';
const HINTS: Readonly<Record<string, string>> = {
  Y: WEEK_YEARS,
  D: WEEK_YEARS,
  z: ZONE_NAMES,
  v: ZONE_NAMES,
  V: ZONE_NAMES,
};

const NAMES: Readonly<Record<number, string>> = {
  [STEP.YEAR]: 'year',
  [STEP.MONTH]: 'month',
  [STEP.DAY]: 'day',
  [STEP.HOUR]: 'hour',
  [STEP.MINUTE]: 'minute',
  [STEP.SECOND]: 'second',
  [STEP.FRACTION]: 'fraction of a second',
  [STEP.HALF_DAY]: 'half of the day (a)',
  [STEP.WEEKDAY]: 'weekday',
  [STEP.OFFSET]: 'offset',
};

/** What kinds say in more than one way. */
function subjectOf(kind: StepKind): StepKind {
  if (kind === STEP.MONTH_NAME) return STEP.MONTH;
  return kind === STEP.HOUR_OF_HALF_DAY ? STEP.HOUR : kind;
}

function faultOf(tokens: readonly Token[]): string | undefined {
  const subjects = tokens.map(({ kind }) => subjectOf(kind)).filter((kind) => kind > STEP.BLANKS);
  const said = new Set(subjects);
  const twice = subjects.find((kind, at) => subjects.indexOf(kind) !== at);
  const months = said.has(STEP.MONTH) ? '' : ' (the month is MM, the minute mm)';
  if (twice !== undefined) return `it has the ${NAMES[twice]} twice${months}`;
  const missing = [STEP.YEAR, STEP.MONTH, STEP.DAY].find((kind) => !said.has(kind));
  if (missing !== undefined) return `it has no ${NAMES[missing]}${months}`;
  return timeFaultOf(tokens, said) ?? tokens.map(digitsFaultAt(tokens)).find((fault) => fault);
}

const COARSER: readonly (readonly [StepKind, StepKind])[] = [
  [STEP.MINUTE, STEP.HOUR],
  [STEP.SECOND, STEP.MINUTE],
  [STEP.FRACTION, STEP.SECOND],
];

function timeFaultOf(tokens: readonly Token[], said: ReadonlySet<StepKind>): string | undefined {
  const without = COARSER.find(([finer, coarser]) => said.has(finer) && !said.has(coarser));
  if (without) return `it has the ${NAMES[without[0]]} without the ${NAMES[without[1]]}`;
  const isHalved = tokens.some(({ kind }) => kind === STEP.HOUR_OF_HALF_DAY);
  if (isHalved === said.has(STEP.HALF_DAY)) return undefined;
  return isHalved ? 'h needs a (AM or PM): write H for hours from 0 to 23' : 'a needs h, not H';
}

/** A number that may have one digit or two cannot be told from one right behind it. */
function digitsFaultAt(tokens: readonly Token[]) {
  return ({ letters, kind }: Token, at: number): string | undefined =>
    letters === 1 && kind !== STEP.YEAR && isNumber(kind) && isNumber(tokens[at + 1]?.kind)
      ? 'a number of one letter stands right in front of another one'
      : undefined;
}

function isNumber(kind: StepKind | undefined): boolean {
  return (
    kind !== undefined && kind >= STEP.YEAR && kind <= STEP.FRACTION && kind !== STEP.MONTH_NAME
  );
}

function stepOf({ kind, letters, literal }: Token, at: number, tokens: readonly Token[]) {
  const isAdjacent = isNumber(tokens[at - 1]?.kind) || isNumber(tokens[at + 1]?.kind);
  const [minDigits, maxDigits] = digitsOf(kind, letters, isAdjacent);
  return { kind, minDigits, maxDigits, bytes: new TextEncoder().encode(literal) };
}

const LENIENT: ReadonlySet<StepKind> = new Set([
  STEP.MONTH,
  STEP.DAY,
  STEP.HOUR,
  STEP.HOUR_OF_HALF_DAY,
]);

function digitsOf(kind: StepKind, letters: number, isAdjacent: boolean): readonly [number, number] {
  if (kind === STEP.YEAR) return letters === 2 ? [2, 2] : [4, 4];
  if (kind === STEP.FRACTION) return letters === 1 ? [1, 9] : [letters, letters];
  const isFixed = letters === 2 && (isAdjacent || !LENIENT.has(kind));
  return [isFixed ? 2 : 1, 2];
}
