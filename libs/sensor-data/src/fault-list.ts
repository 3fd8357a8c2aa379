import type { Fault, InputFault, Parsed } from '@sensorflow/kernel';

/**
 * More than a reading of permitted size can have (64 metrics, 16 tags and its properties); the rest
 * of a hostile document is not listed, so that no answer outgrows its request by far.
 */
const MAX_FAULTS = 100;

/** Collects every fault of one document while it is read. */
export class FaultList {
  private readonly found: InputFault[] = [];

  get faults(): readonly InputFault[] {
    return this.found;
  }

  add(pointer: string, { code, detail }: Fault): void {
    if (this.found.length < MAX_FAULTS) this.found.push({ pointer, code, detail });
  }

  /** The parsed value; undefined after noting the fault. */
  valueOf<T>(pointer: string, parsed: Parsed<T>): T | undefined {
    if (parsed.ok) return parsed.value;
    this.add(pointer, parsed.fault);
    return undefined;
  }
}
