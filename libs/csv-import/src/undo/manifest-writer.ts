import { RecentMap } from '@sensorflow/kernel';
import { LeaseLost } from '../job/import-progress.js';
import {
  MAX_PART_BYTES,
  type HoursPart,
  type ImportedHour,
  type ImportManifest,
  type ManifestPart,
} from './import-manifest.js';

/** Hours that a run remembers as named; one that it has forgotten is named again, which harms nothing. */
const REMEMBERED_HOURS = 20_000;

const NO_PART = { number: 0, totalHours: 0 };

/** Names the hours of one run in the manifest before their blocks are sent. */
export class ManifestWriter {
  /** When the part that names the hour is durable. */
  private readonly named = new RecentMap<string, Promise<void>>(REMEMBERED_HOURS);
  private pending: ImportedHour[] = [];
  private next: Promise<void> | undefined;
  private last: Promise<void> = Promise.resolve();
  private lastPart: Pick<ManifestPart, 'number' | 'totalHours'> | undefined;

  constructor(
    private readonly manifest: ImportManifest,
    private readonly uploadId: string,
    private readonly writer: string,
  ) {}

  /**
   * Resolves when every hour is named. Parts are written one after the other, so that no number is left
   * out; what comes while one is on its way is named together. Throws LeaseLost when the import is being
   * undone, and DomainError `unavailable`: then no block of the hours may be sent.
   */
  async name(hours: Iterable<ImportedHour>): Promise<void> {
    const parts = new Set<Promise<void>>();
    for (const hour of hours) {
      const id = `${hour.hour} ${hour.equipmentId}`;
      let part = this.named.get(id);
      if (!part) {
        part = this.nextPart();
        this.pending.push(hour);
        this.named.set(id, part);
      }
      parts.add(part);
    }
    await Promise.all(parts);
  }

  private nextPart(): Promise<void> {
    if (this.next) return this.next;
    const next = this.writePending(this.last);
    // Whoever needs it looks at it; one that nobody needs any more must not count as unhandled.
    next.catch(() => undefined);
    this.next = next;
    this.last = next;
    return next;
  }

  /** What is pending when the part before is durable. */
  private async writePending(before: Promise<void>): Promise<void> {
    await before;
    const hours = this.pending;
    this.pending = [];
    this.next = undefined;
    for (const some of inParts(hours)) await this.write(some);
  }

  private async write(hours: readonly ImportedHour[]): Promise<void> {
    if (!this.lastPart) this.follow(await this.manifest.last(this.uploadId));
    for (;;) {
      const stands = await this.manifest.create(this.uploadId, this.partOf(hours));
      this.follow(stands);
      if (stands.kind === 'hours' && stands.writer === this.writer) return;
    }
  }

  private follow(last: ManifestPart | undefined): void {
    if (last?.kind === 'fence') throw new LeaseLost('the import is being undone');
    this.lastPart = last ?? NO_PART;
  }

  private partOf(hours: readonly ImportedHour[]): HoursPart {
    const { number, totalHours } = this.lastPart ?? NO_PART;
    return {
      kind: 'hours',
      number: number + 1,
      writer: this.writer,
      hours,
      totalHours: totalHours + hours.length,
    };
  }
}

/** An hour, and a blank or a line end behind each word. */
const BYTES_OF_HOUR = '2026-11-30T08'.length + 2;

function* inParts(hours: readonly ImportedHour[]): Generator<readonly ImportedHour[]> {
  let part: ImportedHour[] = [];
  let bytes = 0;
  for (const hour of hours) {
    const more = hour.equipmentId.length + BYTES_OF_HOUR;
    if (bytes + more > MAX_PART_BYTES) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(hour);
    bytes += more;
  }
  if (part.length > 0) yield part;
}
