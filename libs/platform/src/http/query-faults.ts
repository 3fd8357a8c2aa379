import { DomainError, type InputFault, type Parsed } from '@sensorflow/kernel';

/** Faults of a query as a whole: if such a fault is the only one, its code is the problem's. */
const RULES: ReadonlySet<string> = new Set([
  'interval-or-range',
  'range-empty',
  'range-too-long',
  'cursor-invalid',
]);

/** Collects the faults of a query string, to name all of them at once. */
export class QueryFaults {
  private readonly found: InputFault[] = [];

  add(pointer: string, code: string, detail: string): undefined {
    this.found.push({ pointer, code, detail });
    return undefined;
  }

  /** The parsed value; undefined after noting the fault. */
  valueOf<T>(pointer: string, parsed: Parsed<T>): T | undefined {
    if (parsed.ok) return parsed.value;
    return this.add(pointer, parsed.fault.code, parsed.fault.detail);
  }

  /** The problem, when there is one. */
  problem(): DomainError | undefined {
    const [first, ...more] = this.found;
    if (first === undefined) return undefined;
    const isRule = more.length === 0 && RULES.has(first.code);
    const code = isRule ? first.code : 'invalid-request';
    const detail = isRule ? first.detail : 'The request is not valid; see errors.';
    return new DomainError('invalid', code, detail, { faults: this.found });
  }
}
