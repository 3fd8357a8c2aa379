import { CR, LF, QUOTE, SPACE, type RecordFault } from './csv-record.js';

interface QuotedRecord {
  /** At its line end, or at the end of the bytes. */
  readonly end: number;
  readonly fault?: RecordFault;
}

/** What became of a quoted field: where its record goes on, or why there is no telling. */
type FieldEnd =
  | { readonly kind: 'delimiter' | 'line-end'; readonly at: number }
  | { readonly kind: 'malformed' | 'open'; readonly at: number }
  | { readonly kind: 'incomplete' };

/** Finds the end of records with quotes, in which a line end may be part of a field. */
export class QuotedRecords {
  private nextQuote = -1;

  constructor(
    private readonly bytes: Buffer,
    private readonly delimiter: number,
    private readonly maxRowBytes: number,
    private readonly final: boolean,
  ) {}

  /** Whether a quote stands in this line at all. */
  startBefore(at: number, lineEnd: number): boolean {
    if (this.nextQuote < at) {
      const found = this.bytes.indexOf(QUOTE, at);
      this.nextQuote = found === -1 ? this.bytes.length : found;
    }
    return this.nextQuote < lineEnd;
  }

  /** The record whose first line ends at `lineEnd`; incomplete when bytes to come decide. */
  recordAt(start: number, lineEnd: number): QuotedRecord | 'incomplete' {
    const limit = start + this.maxRowBytes;
    for (let at = start; ;) {
      // Too long in any case: what its quotes mean must not hang on how much of it is here.
      if (at > limit) return this.closed(this.unquotedEnd(at, LF), lineEnd);
      if (this.bytes[at] !== QUOTE) {
        const next = this.unquotedEnd(at, this.delimiter);
        if (this.bytes[next] !== this.delimiter) return this.closed(next, lineEnd);
        at = next + 1;
        continue;
      }
      const field = this.quotedEnd(at, limit);
      if (field.kind === 'incomplete') return 'incomplete';
      if (field.kind === 'line-end') return this.closed(field.at, lineEnd);
      if (field.kind !== 'delimiter') return faultOf(field, lineEnd);
      at = field.at + 1;
    }
  }

  private closed(end: number, lineEnd: number): QuotedRecord {
    return end > lineEnd ? { end, fault: 'embedded-newline' } : { end };
  }

  /** The delimiter, the line end or the end of the bytes. */
  private unquotedEnd(from: number, delimiter: number): number {
    let at = from;
    for (; at < this.bytes.length; at += 1) {
      const byte = this.bytes[at];
      if (byte === delimiter || byte === LF || byte === CR) break;
    }
    return at;
  }

  private quotedEnd(opening: number, limit: number): FieldEnd {
    for (let from = opening + 1; ;) {
      const quote = this.bytes.indexOf(QUOTE, from);
      if (quote === -1 || quote > limit) return this.undecided(quote, limit);
      if (this.bytes[quote + 1] !== QUOTE) return this.behindClosing(quote, limit);
      from = quote + 2;
    }
  }

  private undecided(quote: number, limit: number): FieldEnd {
    const mayStillClose = quote === -1 && !this.final && this.bytes.length <= limit;
    return mayStillClose ? { kind: 'incomplete' } : { kind: 'open', at: this.bytes.length };
  }

  /** Spaces may stand between the closing quote and what ends the field. */
  private behindClosing(quote: number, limit: number): FieldEnd {
    let at = quote + 1;
    while (this.bytes[at] === SPACE && at <= limit) at += 1;
    if (at >= this.bytes.length)
      return this.final ? { kind: 'line-end', at } : { kind: 'incomplete' };
    const byte = this.bytes[at];
    if (byte === this.delimiter) return { kind: 'delimiter', at };
    if (byte === LF || byte === CR) return { kind: 'line-end', at };
    return { kind: 'malformed', at: quote };
  }
}

/** Either way only the first line is refused; what lies behind it may be sound. */
function faultOf(
  field: { readonly kind: string; readonly at: number },
  lineEnd: number,
): QuotedRecord {
  const inFirstLine = field.kind === 'malformed' && field.at < lineEnd;
  return { end: lineEnd, fault: inFirstLine ? 'quote-malformed' : 'unclosed-quote' };
}
