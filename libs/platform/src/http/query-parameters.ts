import type { Type } from '@nestjs/common';
import { DECORATORS } from '@nestjs/swagger';
import {
  FaultList,
  instantToEpochMs,
  invalidRequest,
  pointerTo,
  refused,
  unknownName,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import { parseQueryInstant } from './query-values.js';

/** A query string as Fastify reads it: a parameter given twice is a list. */
export type QueryString = Readonly<Record<string, unknown>>;

export interface InstantRange {
  readonly from: Instant;
  readonly to: Instant;
}

/** The longest range of aggregates, verifications and audits. */
export const MAX_RANGE_DAYS = 366;
const MS_PER_DAY = 24 * 60 * 60 * 1000;

/** Rules about a query as a whole: a fault of such a rule, alone, names the problem. */
const RULES: ReadonlySet<string> = new Set(['range-empty', 'range-too-long', 'cursor-invalid']);

/**
 * The parameters of one query, and every fault of the request outside its body: `unknown-property`,
 * `parameter-repeated`, and what the parsers find. Routes add those of their path.
 */
export class QueryParameters {
  readonly faults = new FaultList();
  private readonly given: ReadonlyMap<string, unknown>;

  constructor(query: object, known: readonly string[]) {
    this.given = new Map(Object.entries(query));
    for (const name of this.given.keys()) {
      if (!known.includes(name)) {
        this.faults.add(pointerTo('', name), unknownName('parameter', name, known));
      }
    }
  }

  has(name: string): boolean {
    return this.given.get(name) !== undefined;
  }

  /** Undefined when it is not given, and after noting its fault. */
  valueOf<T>(name: string, parse: (text: string) => Parsed<T>): T | undefined {
    const text = this.given.get(name);
    if (text === undefined) return undefined;
    const parsed =
      typeof text === 'string'
        ? parse(text)
        : refused('parameter-repeated', `${name} is given once.`);
    return this.faults.valueOf(`/${name}`, parsed);
  }

  /** Of a parameter that may be given several times, `most` times at most; notes `too-many-names`. */
  valuesOf<T>(
    name: string,
    parse: (text: string) => Parsed<T>,
    most: number,
  ): readonly T[] | undefined {
    const given = this.given.get(name);
    if (given === undefined) return undefined;
    const texts: unknown[] = [given].flat();
    if (texts.length > most) {
      const detail = `At most ${most} of ${name} are named in one request.`;
      this.faults.add(`/${name}`, { code: 'too-many-names', detail });
      return undefined;
    }
    return texts.flatMap((text) => {
      const value = this.faults.valueOf(`/${name}`, parse(String(text)));
      return value === undefined ? [] : [value];
    });
  }

  /** `from` and `to`; notes `range-empty`, and `range-too-long` where there is a limit. */
  bounds(maxDays = Number.POSITIVE_INFINITY): Partial<InstantRange> {
    const from = this.valueOf('from', parseQueryInstant);
    const to = this.valueOf('to', parseQueryInstant);
    if (from !== undefined && to !== undefined) this.checkRange({ from, to }, maxDays);
    return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  }

  private checkRange({ from, to }: InstantRange, maxDays: number): void {
    if (from >= to) {
      const detail = 'The range is empty: from must be before to.';
      this.faults.add('/to', { code: 'range-empty', detail });
    } else if (instantToEpochMs(to) - instantToEpochMs(from) > maxDays * MS_PER_DAY) {
      const detail = `A range has at most ${maxDays} days.`;
      this.faults.add('/to', { code: 'range-too-long', detail });
    }
  }

  /**
   * Throws DomainError `invalid-request` with every fault, if there is one. A single fault of a rule about the
   * whole (`range-empty`, `range-too-long`, `cursor-invalid`) or of `ownCodes` is the code.
   */
  assertFaultless(...ownCodes: readonly string[]): void {
    const { faults } = this.faults;
    if (faults.length > 0) throw invalidRequest(faults, new Set([...RULES, ...ownCodes]));
  }
}

/** The parameters that a class documents with `ApiProperty` and `ApiPropertyOptional`: those are the known ones. */
export function documentedParameters(shape: Type): readonly string[] {
  const names: unknown = Reflect.getMetadata(
    DECORATORS.API_MODEL_PROPERTIES_ARRAY,
    Object(shape.prototype),
  );
  // Each is marked with a colon.
  return Array.isArray(names) ? names.map((name) => String(name).slice(1)) : [];
}
