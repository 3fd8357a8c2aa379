import type { DecimalSign } from './import-options.js';
import { formatsThatFit, meaningsBy, type FittingFormat } from './formats-that-fit.js';

/** What is known of the formats that a column can have, up to some row of it. */
export interface ColumnFormatsState {
  /** Those that all of its timestamps can have. */
  readonly possible: readonly FittingFormat[];
  /** Those that its first ones could have. */
  readonly ruledOut: readonly string[];
}

type Meaning = (text: string) => string | undefined;

/** Texts in none of the known formats that are looked at for another one: each costs as much as a hundred rows. */
const MAX_UNKNOWN_TEXTS = 1000;

/**
 * Follows a column from its first rows on, of which the formats are known that they can have, and finds out which
 * ones all of it can have: none when some of its timestamps have one form and some another. As `formatsThatFit`, it
 * gives no say to texts that are no time.
 */
export class ColumnFormats {
  private readonly meanings: ReadonlyMap<string, Meaning>;
  private unknownTexts = 0;

  constructor(
    private known: ColumnFormatsState,
    private readonly nowEpochMs: number,
    private readonly decimal: DecimalSign,
  ) {
    const all = [...known.possible.map(({ format }) => format), ...known.ruledOut];
    this.meanings = new Map(
      all.map((format) => [format, meaningsBy(format, nowEpochMs, decimal)] as const),
    );
  }

  get state(): ColumnFormatsState {
    return this.known;
  }

  /** Whether later rows may rule something out. */
  get isOpen(): boolean {
    return this.known.possible.length > 1;
  }

  /** To be told of every timestamp while it is open, and else of those that are not of the only format. */
  note(text: string): void {
    const { possible } = this.known;
    if (possible.length === 0 || text === '') return;
    const read = possible.map(({ format }) => this.meanings.get(format)?.(text));
    const meant = new Set(read);
    if (!meant.has(undefined)) {
      if (meant.size > 1 && !this.isTelling()) this.show(text, read);
    } else if (meant.size > 1) this.ruleOut((at) => read[at] === undefined);
    else if (this.isTime(text)) this.ruleOut(() => true);
  }

  /** Whether the example shows how the formats differ. */
  private isTelling(): boolean {
    return new Set(this.known.possible.map(({ meaning }) => meaning)).size > 1;
  }

  private show(example: string, meanings: readonly (string | undefined)[]): void {
    const possible = this.known.possible.map(({ format }, at) => {
      return { format, example, meaning: meanings[at] ?? '' };
    });
    this.known = { ...this.known, possible };
  }

  private ruleOut(isOut: (at: number) => boolean): void {
    const { possible, ruledOut } = this.known;
    const out = possible.filter((_, at) => isOut(at)).map(({ format }) => format);
    this.known = {
      possible: possible.filter((_, at) => !isOut(at)),
      ruledOut: [...ruledOut, ...out],
    };
  }

  private isTime(text: string): boolean {
    if (this.known.ruledOut.some((format) => this.meanings.get(format)?.(text) !== undefined)) {
      return true;
    }
    this.unknownTexts += 1;
    if (this.unknownTexts > MAX_UNKNOWN_TEXTS) return false;
    return formatsThatFit([text], this.nowEpochMs, this.decimal).length > 0;
  }
}
