import type { AcceptedChange } from '@sensorflow/sensor-data';
import type { TopicMessage } from './change-topic.js';
import { changesIn } from './change-message.js';

export type ChangesByEquipment = ReadonlyMap<string, readonly AcceptedChange[]>;

/** A message of the topic, and the one behind it once that has come. */
export interface RecentMessage {
  readonly id: string;
  readonly publishedAtEpochMs: number;
  readonly next: RecentMessage | undefined;
  /** It is no longer kept: who is still here is too far behind. */
  readonly isForgotten: boolean;
}

interface Kept extends RecentMessage {
  /** Empty for a marker. */
  body: Buffer;
  next: Kept | undefined;
  isForgotten: boolean;
  isUnreadable?: boolean;
  changes?: ChangesByEquipment;
}

export const MEMORY_MS = 15 * 60_000;
const MEMORY_BYTES = 64 * 1024 * 1024;
/** Beside its body, as the process grows by it. */
const BYTES_PER_MESSAGE = 1_000;
/** Feeds mostly stand at the newest messages: those stay unpacked, as far as they are not too many or too large. */
const UNPACKED_MESSAGES = 64;
const UNPACKED_READINGS = 30_000;
const MARKER = 'marker:';
const NO_BYTES = Buffer.alloc(0);
const NOTHING: ChangesByEquipment = new Map();

export function markerBody(name: string): string {
  return `${MARKER}${name}`;
}

/**
 * The messages of the last 15 minutes, in the topic's order, each linked to the next, as far as 64 MiB hold
 * them. A feed is a place in it.
 */
export class RecentMessages {
  private readonly byId = new Map<string, Kept>();
  private readonly unpacked: Kept[] = [];
  private unpackedReadings = 0;
  private newestMessage: Kept | undefined;
  private bytes = 0;

  /** @param onUnreadable told once of a message that is not ours */
  constructor(
    private readonly onUnreadable: (error: unknown) => void = () => undefined,
    private readonly maxBytes = MEMORY_BYTES,
  ) {}

  get newest(): RecentMessage | undefined {
    return this.newestMessage;
  }

  find(id: string): RecentMessage | undefined {
    return this.byId.get(id);
  }

  /** False for one that is known. */
  add({ id, publishedAtEpochMs, body }: TopicMessage): boolean {
    if (this.byId.has(id)) return false;
    const kept: Kept = {
      id,
      publishedAtEpochMs,
      body: body.startsWith(MARKER) ? NO_BYTES : ownBytes(body),
      next: undefined,
      isForgotten: false,
    };
    if (this.newestMessage) this.newestMessage.next = kept;
    this.newestMessage = kept;
    this.byId.set(id, kept);
    this.bytes += weightOf(kept);
    this.forgetOldest(publishedAtEpochMs - MEMORY_MS);
    return true;
  }

  /** Unpacks a message, or has it from a moment ago. Undefined for one that is not ours: nobody knows what it tells. */
  changesOf({ id }: RecentMessage): ChangesByEquipment | undefined {
    const kept = this.byId.get(id);
    if (kept?.isUnreadable === true) return undefined;
    if (!kept || kept.body.length === 0) return NOTHING;
    if (kept.changes) return kept.changes;
    try {
      kept.changes = changesIn(kept.body);
    } catch (error) {
      this.setAside(kept, error);
      return undefined;
    }
    const { changes } = kept;
    this.unpacked.push(kept);
    this.unpackedReadings += readingsIn(changes);
    while (
      this.unpacked.length > UNPACKED_MESSAGES ||
      (this.unpacked.length > 1 && this.unpackedReadings > UNPACKED_READINGS)
    ) {
      this.packAgain(this.unpacked.shift());
    }
    return changes;
  }

  private packAgain(kept: Kept | undefined): void {
    if (!kept?.changes) return;
    this.unpackedReadings -= readingsIn(kept.changes);
    delete kept.changes;
  }

  /** It keeps its place in the order, and its bytes are of no use. */
  private setAside(kept: Kept, error: unknown): void {
    this.bytes -= kept.body.length;
    kept.body = NO_BYTES;
    kept.isUnreadable = true;
    this.onUnreadable(error);
  }

  private forgetOldest(beforeEpochMs: number): void {
    for (const kept of this.byId.values()) {
      const isOld = kept.publishedAtEpochMs < beforeEpochMs || this.bytes > this.maxBytes;
      if (!isOld || kept === this.newestMessage) return;
      kept.isForgotten = true;
      this.byId.delete(kept.id);
      this.bytes -= weightOf(kept);
    }
  }
}

/** Memory of its own: `Buffer.from` cuts from a pool, and each message would keep 64 KB of it for 15 minutes. */
function ownBytes(base64: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(base64, 'base64'));
  return bytes.subarray(0, bytes.write(base64, 'base64'));
}

function readingsIn(changes: ChangesByEquipment): number {
  let count = 0;
  for (const change of [...changes.values()].flat()) {
    if (change.kind === 'readings') count += change.readings.length;
  }
  return count;
}

function weightOf({ body }: Kept): number {
  return body.length + BYTES_PER_MESSAGE;
}
