import {
  accepted,
  parseInstant,
  pointerTo,
  refused,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import { FaultList } from '../fault-list.js';

/** A query string as Fastify reads it: a parameter given twice is a list. */
export type QueryString = Readonly<Record<string, unknown>>;

export const DEFAULT_LIMIT = 100;
const LIMIT = /^(?:[1-9][0-9]{0,2}|1000)$/;

/**
 * The parameters of one query, and every fault of the request: `unknown-property`, `parameter-repeated`, and
 * what the parsers find.
 */
export class QueryParameters {
  readonly faults = new FaultList();

  constructor(
    private readonly query: QueryString,
    known: readonly string[],
  ) {
    const detail =
      known.length === 0
        ? 'This request has no parameters.'
        : `The parameters are ${known.join(', ')}.`;
    for (const name of Object.keys(query)) {
      if (!known.includes(name)) {
        this.faults.add(pointerTo('', name), { code: 'unknown-property', detail });
      }
    }
  }

  /** Undefined when it is not given, and after noting its fault. */
  valueOf<T>(name: string, parse: (text: string) => Parsed<T>): T | undefined {
    const text = this.query[name];
    if (text === undefined) return undefined;
    const parsed =
      typeof text === 'string'
        ? parse(text)
        : refused('parameter-repeated', `${name} is given once.`);
    return this.faults.valueOf(`/${name}`, parsed);
  }

  /** `from` and `to`; notes `range-empty`. */
  bounds(): { readonly from: Instant | undefined; readonly to: Instant | undefined } {
    const from = this.valueOf('from', parseQueryInstant);
    const to = this.valueOf('to', parseQueryInstant);
    if (from !== undefined && to !== undefined && from >= to) {
      const detail = 'The range is empty: from must lie before to.';
      this.faults.add('/to', { code: 'range-empty', detail });
    }
    return { from, to };
  }

  has(name: string): boolean {
    return this.query[name] !== undefined;
  }
}

export function parseQueryInstant(text: string): Parsed<Instant> {
  const parsed = parseInstant(text);
  if (parsed.ok || !parseInstant(text.replace(' ', '+')).ok) return parsed;
  return refused(parsed.fault.code, 'A + in a query means a blank: write the offset with %2B.');
}

export function parseLimit(text: string): Parsed<number> {
  return LIMIT.test(text)
    ? accepted(Number(text))
    : refused('limit-invalid', 'The limit is a whole number from 1 to 1000.');
}
