import { DomainError, type Fault } from '@sensorflow/kernel';

export const MAX_RESTRICTION_ENTRIES = 100;

/** A name, or the beginning of names and `*`. `*` alone would be no restriction. */
const ENTRY = /^(?=.{1,128}$)[A-Za-z0-9][A-Za-z0-9._:-]*\*?$/;

export function isRestrictionEntry(value: unknown): value is string {
  return typeof value === 'string' && ENTRY.test(value);
}

/** The equipment that a caller may read and write, by names (`EQ-1`) and beginnings of names (`LINE-1:*`). */
export class EquipmentRestriction {
  private readonly names: ReadonlySet<string>;
  private readonly prefixes: readonly string[];

  constructor(readonly entries: readonly string[]) {
    this.names = new Set(entries.filter((entry) => !entry.endsWith('*')));
    this.prefixes = entries.flatMap((entry) => (entry.endsWith('*') ? [entry.slice(0, -1)] : []));
  }

  allows(equipmentId: string): boolean {
    return (
      this.names.has(equipmentId) || this.prefixes.some((prefix) => equipmentId.startsWith(prefix))
    );
  }

  /** What is wrong with that equipment; undefined when it is allowed. */
  faultOf(equipmentId: string): Fault | undefined {
    if (this.allows(equipmentId)) return undefined;
    const detail = `${quoted(equipmentId)} is not among the equipment of this API key: ${this.shown()}.`;
    return {
      code: 'equipment-forbidden',
      detail,
      parameters: { equipmentId: equipmentId.slice(0, 128) },
    };
  }

  /** Throws DomainError `forbidden` (`equipment-forbidden`) for equipment that is not allowed. */
  assertAllows(equipmentId: string): void {
    const fault = this.faultOf(equipmentId);
    if (fault) throw new DomainError('forbidden', fault.code, fault.detail);
  }

  /** The same for a request that names no equipment, but would read or write any. */
  refuseAll(instead: string): never {
    const detail = `This API key is for ${this.shown()} alone. ${instead}`;
    throw new DomainError('forbidden', 'equipment-forbidden', detail);
  }

  private shown(): string {
    const [first = '', ...more] = this.entries;
    return more.length === 0 ? first : `${first} and ${more.length} more`;
  }
}

/** Whatever somebody wrote into a path stays short. */
function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 128));
}
