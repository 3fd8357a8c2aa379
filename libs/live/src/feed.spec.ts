import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StoredBlock } from '@sensorflow/sensor-data';
import { setImmediate as nextRound, setTimeout as delay } from 'node:timers/promises';
import { changeMessages } from './change-message.js';
import { Feed, FEED_TIMING, FeedSink, type FeedEnd, type FeedEvent } from './feed.js';
import type { FeedFilter } from './feed-filter.js';
import { parsePosition } from './feed-position.js';
import { RecentMessages } from './recent-messages.js';

const NOW = 1_700_000_000_000;
const STAMP = '0000h2m5k1gabcdefghij';

/** A client that takes what it is sent, unless it is told not to. */
class RecordingSink extends FeedSink {
  readonly events: FeedEvent[] = [];
  isClosed = false;
  takes = true;
  /** As a client that has gone, while there is room for a little. */
  leavesHeartbeats = false;

  override send(event: FeedEvent, onTaken?: () => void): boolean {
    this.events.push(event);
    if (this.takes && !this.leavesHeartbeats) onTaken?.();
    return this.takes;
  }

  override drained(): Promise<void> {
    return this.takes ? Promise.resolve() : new Promise(() => undefined);
  }

  override close(): void {
    this.isClosed = true;
  }

  get lastId(): string {
    const ids = this.events.flatMap((event) => (event.type === 'end' ? [] : [event.id]));
    return ids.at(-1) ?? '';
  }

  values(): readonly (number | undefined)[] {
    return this.events.flatMap((event) =>
      event.type === 'reading'
        ? event.changes.flatMap((change) =>
            change.kind === 'readings'
              ? change.readings.map(({ values }) => values.get('value'))
              : [],
          )
        : [],
    );
  }

  changed(): readonly FeedEvent[] {
    return this.events.filter(({ type }) => type === 'changed');
  }
}

function reading(value: number, equipmentId = 'EQ-1'): StoredBlock {
  const key = `2026-11-30T08#s#00:${String(value).padStart(2, '0')}#${STAMP}`;
  return { equipmentId, key, columns: new Map([['value', String(value)]]) };
}

function imported(hour: number, equipmentId = 'EQ-1'): StoredBlock {
  return {
    ...reading(1, equipmentId),
    importId: 'i1',
    key: `2024-01-01T0${hour}#s#00:10#${STAMP}`,
  };
}

const ALL: FeedFilter = {};

/** Takes a while to unpack. */
function steady(message: number): StoredBlock[] {
  const hour = `2026-11-${String(1 + (message % 28)).padStart(2, '0')}T0${message % 10}`;
  const columns = new Map([['value', '1*200']]);
  const key = `${hour}#s#03:19#${STAMP}`;
  return [{ equipmentId: `EQ-${message}`, key, instants: 's0 1*199', columns }];
}

class World {
  readonly unreadable: unknown[] = [];
  readonly messages = new RecentMessages((error) => this.unreadable.push(error));
  private count = 0;
  private readonly feeds: Feed[] = [];

  constructor() {
    this.publish([]);
  }

  /** One message, even for nothing. */
  publish(blocks: readonly StoredBlock[]): void {
    const [message] = changeMessages(blocks);
    const id = `m${this.count}`;
    this.count += 1;
    this.messages.add({ id, publishedAtEpochMs: NOW, body: message?.body ?? `marker:${id}` });
    for (const feed of this.feeds) feed.goOn();
  }

  feed(
    position?: string,
    timing = FEED_TIMING,
    filter: FeedFilter = { equipmentIds: new Set(['EQ-1']) },
  ) {
    const sink = new RecordingSink();
    const ends: (FeedEnd | undefined)[] = [];
    const feed = new Feed(this.messages, filter, sink, (end) => ends.push(end), timing);
    this.feeds.push(feed);
    feed.begin(position === undefined ? undefined : (parsePosition(position) ?? 'unknown'));
    onTestFinished(() => feed.left());
    return { feed, sink, ends };
  }
}

const settled = () => delay(5);
const HASTY = { ...FEED_TIMING, changedQuietMs: 20, changedAtMostMs: 60, stallMs: 20 };

describe('a feed', () => {
  it('begins with where it is, and shows what comes of its equipment', async () => {
    const world = new World();
    world.publish([reading(1)]);

    const { sink } = world.feed();
    world.publish([reading(2), reading(3, 'EQ-2')]);
    await settled();

    expect(sink.events[0]).toEqual({ type: 'heartbeat', id: 'm1' });
    expect(sink.values()).toEqual([2]);
  });

  it('goes on behind any of its events without a gap and without a repetition', async () => {
    const world = new World();
    const { sink } = world.feed();
    for (let value = 1; value <= 40; value += 1) world.publish([reading(value)]);
    await settled();

    for (const [index, event] of sink.events.entries()) {
      const again = world.feed(event.type === 'end' ? undefined : event.id);
      await settled();
      const before = sink.events
        .slice(0, index + 1)
        .filter(({ type }) => type === 'reading').length;
      expect(again.sink.values()).toEqual(sink.values().slice(before));
    }
  });

  it('says that the past cannot be told behind a place that is not known', async () => {
    const world = new World();

    const { sink } = world.feed('another');
    const odd = world.feed('no place at all');
    const backwards = world.feed('m0~m0');
    world.publish([reading(1)]);
    await settled();

    expect(sink.events[0]).toEqual({ type: 'resync', id: 'm0' });
    expect(odd.sink.events[0]).toEqual({ type: 'resync', id: 'm0' });
    expect(backwards.sink.events[0]).toEqual({ type: 'resync', id: 'm0' });
    expect(sink.values()).toEqual([1]);
    expect(backwards.sink.values()).toEqual([1]);
  });

  it('tells what imports changed once, when nothing more comes', async () => {
    const world = new World();
    const { sink } = world.feed(undefined, HASTY);

    for (const hour of [1, 2, 3]) world.publish([imported(hour)]);
    await delay(40);

    expect(sink.changed()).toMatchObject([
      { range: { from: '2024-01-01T01:00:09.000000000Z', to: '2024-01-01T03:00:10.000000001Z' } },
    ]);
  });

  it('does not wait for the end of an import that goes on and on', async () => {
    const world = new World();
    const { sink } = world.feed(undefined, HASTY);

    for (let tick = 0; tick < 12; tick += 1) {
      world.publish([imported(1)]);
      await delay(10);
    }

    expect(sink.changed().length).toBeGreaterThanOrEqual(1);
  });

  it('lets a client that left before it was told of a change go on there, without readings that it has', async () => {
    const world = new World();
    const { sink, feed } = world.feed();
    world.publish([reading(1)]);
    world.publish([imported(1)]);
    world.publish([reading(2)]);
    await settled();
    feed.left();
    world.publish([reading(3)]);

    const again = world.feed(sink.lastId, HASTY);
    await delay(40);

    expect(sink.changed()).toEqual([]);
    expect(sink.lastId).toBe('m3~m1');
    expect(again.sink.values()).toEqual([3]);
    expect(again.sink.changed()).toHaveLength(1);
    expect(again.sink.lastId).toBe('m4');
  });

  it('drops a client that takes nothing, and sends it nothing more meanwhile', async () => {
    const world = new World();
    const { sink, ends } = world.feed(undefined, HASTY);
    sink.takes = false;

    for (let value = 1; value <= 50; value += 1) world.publish([reading(value)]);
    await delay(60);

    expect(sink.values()).toEqual([1]);
    expect(ends).toMatchObject([{ code: 'too-slow' }]);
    expect(sink.isClosed).toBe(true);
  });

  it('drops a client that leaves its heartbeats, though nothing else is to be told', async () => {
    const world = new World();
    const { sink, ends } = world.feed(undefined, { ...HASTY, heartbeatMs: 5 });
    await delay(40);
    expect(ends).toEqual([]);

    sink.leavesHeartbeats = true;

    await vi.waitFor(() => expect(ends).toMatchObject([{ code: 'too-slow' }]));
    expect(sink.isClosed).toBe(true);
  });

  it('ends once, with its reason or without one when its client left', () => {
    const world = new World();
    const { feed, ends, sink } = world.feed();

    feed.left();
    feed.end({ code: 'draining', detail: 'The server ends.' });
    feed.left();

    expect(ends).toEqual([undefined]);
    expect(sink.events.some(({ type }) => type === 'end')).toBe(false);
  });

  it('catches up a few milliseconds at a time, one feed after the other', async () => {
    const world = new World();
    const { sink, feed } = world.feed();
    await settled();
    feed.left();
    for (let message = 0; message < 200; message += 1) world.publish(steady(message));

    const feeds = Array.from({ length: 8 }, () => world.feed(sink.lastId, FEED_TIMING, ALL));
    const countsOf = () => feeds.map((one) => one.sink.events.length);
    const mostAtOnce: number[] = [];
    for (let before = countsOf(); Math.min(...before) < 200;) {
      await nextRound();
      const after = countsOf();
      mostAtOnce.push(after.filter((count, index) => count > (before[index] ?? 0)).length);
      before = after;
    }

    expect(Math.max(...mostAtOnce)).toBeLessThanOrEqual(2);
    expect(feeds.map(({ ends }) => ends)).toEqual(feeds.map(() => []));
  });

  it('says once that the past cannot be told when a message cannot be read, and goes on', async () => {
    const world = new World();
    const { sink, ends } = world.feed();
    const before = sink.lastId;

    world.messages.add({ id: 'odd', publishedAtEpochMs: NOW, body: 'AAAA' });
    world.publish([reading(1)]);
    await settled();

    expect(sink.events.map(({ type }) => type)).toEqual(['heartbeat', 'resync', 'reading']);
    expect(ends).toEqual([]);
    const [behind, beside] = [world.feed('odd'), world.feed(before)];
    await settled();
    expect(behind.sink.events.map(({ type }) => type)).toEqual(['reading']);
    expect(beside.sink.events.map(({ type }) => type)).toEqual(['resync', 'reading']);
    expect(world.unreadable).toHaveLength(1);
  });

  it('tells of changed ranges as fast as the client takes them', async () => {
    const world = new World();
    const { sink, ends } = world.feed(undefined, HASTY, ALL);
    world.publish(Array.from({ length: 300 }, (_, number) => imported(1, `EQ-${number}`)));
    sink.takes = false;
    await delay(30);
    const sent = sink.changed().length;
    await delay(60);

    expect(sent).toBe(1);
    expect(ends).toMatchObject([{ code: 'too-slow' }]);
  });

  it('keeps back a bounded number of changed ranges, and loses none', async () => {
    const world = new World();
    const { sink } = world.feed(undefined, FEED_TIMING, ALL);
    const ids = Array.from({ length: 2500 }, (_, number) => `EQ-${number}`);

    for (const id of ids.slice(0, 999)) world.publish([imported(1, id)]);
    await delay(50);
    expect(sink.changed()).toEqual([]);
    for (const id of ids.slice(999)) world.publish([imported(1, id)]);
    world.publish([reading(1)]);
    await vi.waitFor(() => expect(sink.values()).toEqual([1]), 10_000);

    expect(sink.changed()).toHaveLength(2000);
    const again = world.feed(sink.lastId, HASTY, ALL);
    await vi.waitFor(() => expect(again.sink.changed()).toHaveLength(500), 10_000);
    const told = [...sink.changed(), ...again.sink.changed()];
    const names = told.flatMap((event) =>
      event.type === 'changed' ? event.range.equipmentId : [],
    );
    expect(names).toEqual(ids);
    expect(again.sink.values()).toEqual([]);
  });
});
