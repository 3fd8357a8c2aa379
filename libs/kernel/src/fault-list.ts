import { DomainError } from './domain-error.js';
import type { Fault, InputFault, Parsed } from './fault.js';

/**
 * More than an honest request can have. The rest of a hostile one is not listed, so that an answer is not much larger
 * than its request.
 */
const MAX_FAULTS = 100;

/** Collects every fault of one piece of input while it is read. */
export class FaultList {
  private readonly found: InputFault[] = [];

  constructor(private readonly maxFaults = MAX_FAULTS) {}

  /** Further faults are not listed: there is no need to look for them. */
  get isFull(): boolean {
    return this.found.length >= this.maxFaults;
  }

  get faults(): readonly InputFault[] {
    return this.found;
  }

  add(pointer: string, { code, detail }: Fault): void {
    if (!this.isFull) this.found.push({ pointer, code, detail });
  }

  /** The parsed value; undefined after noting the fault. */
  valueOf<T>(pointer: string, parsed: Parsed<T>): T | undefined {
    if (parsed.ok) return parsed.value;
    this.add(pointer, parsed.fault);
    return undefined;
  }
}

/**
 * The refusal of input with these faults: `invalid-request`, or the code of its only fault where that is one of
 * `ownCodes`, the rules about the request as a whole. Lists 100 faults at most.
 */
export function invalidRequest(
  faults: readonly InputFault[],
  ownCodes: ReadonlySet<string> = NO_CODES,
): DomainError {
  const [first, ...more] = faults;
  const listed = { faults: faults.slice(0, MAX_FAULTS) };
  if (first !== undefined && more.length === 0 && ownCodes.has(first.code)) {
    return new DomainError('invalid', first.code, first.detail, listed);
  }
  return new DomainError('invalid', 'invalid-request', INVALID, listed);
}

const NO_CODES: ReadonlySet<string> = new Set();
const INVALID = 'The request is not valid; see errors.';
