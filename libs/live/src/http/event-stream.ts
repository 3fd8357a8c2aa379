import { showInstant } from '@sensorflow/kernel';
import type { AcceptedChange } from '@sensorflow/sensor-data';
import { toReadingView } from '@sensorflow/sensor-data/http/reading.view.js';
import type { ServerResponse } from 'node:http';
import { FeedSink, type FeedEvent } from '../feed.js';

/** How long a client that does not take its last event keeps its connection. */
const LAST_EVENT_MS = 2_000;

/** A feed's events as server-sent events (WHATWG HTML §9.2) on a response whose head is out. */
export class EventStream extends FeedSink {
  constructor(private readonly response: ServerResponse) {
    super();
  }

  override send(event: FeedEvent, onTaken?: () => void): boolean {
    if (this.response.writableEnded || this.response.destroyed) return true;
    const bytes = event.type === 'reading' ? readingBytes(event) : eventText(event);
    return this.response.write(bytes, onTaken);
  }

  override async drained(): Promise<void> {
    const { response } = this;
    if (!response.writableNeedDrain || response.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    response.once('drain', resolve).once('close', resolve);
    await promise;
    response.off('drain', resolve).off('close', resolve);
  }

  override close(): void {
    const { response } = this;
    if (response.destroyed) return;
    response.end();
    const timer = setTimeout(() => response.destroy(), LAST_EVENT_MS);
    timer.unref();
    response.once('close', () => clearTimeout(timer));
  }
}

type ReadingEvent = Extract<FeedEvent, { readonly type: 'reading' }>;

/** By the first of its changes: feeds of the same equipment send the same event, of which one copy is enough. */
const lastSent = new WeakMap<AcceptedChange, { event: ReadingEvent; bytes: Buffer }>();

function readingBytes(event: ReadingEvent): Buffer {
  const [first] = event.changes;
  const known = first && lastSent.get(first);
  if (known && isSame(known.event, event)) return known.bytes;
  const bytes = Buffer.from(eventText(event));
  if (first) lastSent.set(first, { event, bytes });
  return bytes;
}

function isSame(a: ReadingEvent, b: ReadingEvent): boolean {
  return (
    a.id === b.id &&
    a.changes.length === b.changes.length &&
    a.changes.every((change, index) => change === b.changes[index])
  );
}

function eventText(event: FeedEvent): string {
  if (event.type === 'end') {
    const { code, detail, retryMs } = event.end;
    const retry = retryMs === undefined ? '' : `retry: ${retryMs}\n`;
    return `${retry}event: end\ndata: ${JSON.stringify({ code, detail })}\n\n`;
  }
  return `event: ${event.type}\nid: ${event.id}\ndata: ${dataOf(event)}\n\n`;
}

function dataOf(event: Exclude<FeedEvent, { readonly type: 'end' }>): string {
  if (event.type === 'reading') return readingsJson(event.changes);
  if (event.type === 'heartbeat') return JSON.stringify({ at: new Date().toISOString() });
  if (event.type === 'resync') return JSON.stringify({ detail: RESYNC });
  const { equipmentId, from, to } = event.range;
  return JSON.stringify({ equipmentId, from: showInstant(from), to: showInstant(to) });
}

const RESYNC =
  'What came since the last event cannot be told. List the readings with GET /sensor-data/{equipmentId} and go on from here.';

/** Many feeds are about the same changes. */
const rendered = new WeakMap<AcceptedChange, string>();

function readingsJson(changes: readonly AcceptedChange[]): string {
  return `[${changes.map(membersOf).join(',')}]`;
}

/** The members of a JSON array. */
function membersOf(change: AcceptedChange): string {
  const known = rendered.get(change);
  if (known !== undefined) return known;
  const text = viewsOf(change)
    .map((view) => JSON.stringify(view))
    .join(',');
  rendered.set(change, text);
  return text;
}

function viewsOf(change: AcceptedChange): readonly object[] {
  if (change.kind === 'readings') return change.readings.map(toReadingView);
  if (change.kind === 'changed') return [];
  const { equipmentId, timestamp, metric, acceptedAt } = change;
  const registerTime = showInstant(acceptedAt);
  const removal = { equipmentId, timestamp: showInstant(timestamp), values: {}, registerTime };
  return [{ ...removal, removed: true, ...(metric !== undefined && { metric }) }];
}
