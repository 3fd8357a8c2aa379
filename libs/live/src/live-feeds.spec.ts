import { DomainError, SystemClock } from '@sensorflow/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { InMemoryChangeTopic } from '../../../test/support/in-memory-change-topic.js';
import { FEED_TIMING, FeedSink, type FeedEnd, type FeedEvent } from './feed.js';
import { LiveFeeds, MAX_FEEDS_PER_CALLER } from './live-feeds.js';

const TIMING = { ...FEED_TIMING, checkAccessMs: 10 };
const clock = new SystemClock();
const all: LiveFeeds[] = [];

class RecordingSink extends FeedSink {
  readonly events: FeedEvent[] = [];

  override send(event: FeedEvent): boolean {
    this.events.push(event);
    return true;
  }

  override async drained(): Promise<void> {}

  override close(): void {}
}

afterEach(async () => {
  await Promise.all(all.splice(0).map((feeds) => feeds.drain()));
});

function feedsOn(topic = new InMemoryChangeTopic(clock)): LiveFeeds {
  const feeds = new LiveFeeds({ publisher: topic, listener: topic.listener() }, clock, TIMING);
  all.push(feeds);
  return feeds;
}

async function open(
  feeds: LiveFeeds,
  { subject = 'ada', checkAccess = async () => {}, lastEventId = '', mostFeeds = 0 } = {},
) {
  const begin = await feeds.open({
    caller: { subject },
    filter: {},
    mostFeeds,
    lastEventId: lastEventId === '' ? undefined : lastEventId,
    checkAccess,
  });
  const sink = new RecordingSink();
  const ends: (FeedEnd | undefined)[] = [];
  return { sink, ends, feed: begin(sink, (end) => ends.push(end)) };
}

describe('live feeds', () => {
  it('are ten for each caller, and a place that was left is free', async () => {
    const feeds = feedsOn();
    const opened = await Promise.all(
      Array.from({ length: MAX_FEEDS_PER_CALLER }, () => open(feeds)),
    );

    await expect(open(feeds)).rejects.toMatchObject({ kind: 'throttled', code: 'too-many-feeds' });
    await expect(open(feeds, { subject: 'grace' })).resolves.toBeDefined();
    opened[0]?.feed.left();
    await expect(open(feeds)).resolves.toBeDefined();
  });

  it('are more for a caller who may have more, and never fewer', async () => {
    const feeds = feedsOn();
    for (let opened = 0; opened < MAX_FEEDS_PER_CALLER; opened += 1) {
      await open(feeds, { mostFeeds: 1 });
    }
    const mostFeeds = MAX_FEEDS_PER_CALLER + 1;

    await expect(open(feeds, { mostFeeds: 1 })).rejects.toMatchObject({ code: 'too-many-feeds' });
    await expect(open(feeds, { mostFeeds })).resolves.toBeDefined();
    await expect(open(feeds, { mostFeeds })).rejects.toMatchObject({ code: 'too-many-feeds' });
  });

  it('end when the right to read has ended, and come back to what could not be checked', async () => {
    const feeds = feedsOn();
    const revoked = new DomainError('unauthenticated', 'api-key-revoked', 'It was revoked.');
    const out = new DomainError('unavailable', 'session-check-unavailable', 'Try again.');

    const [ended, unchecked] = [
      await open(feeds, { checkAccess: () => Promise.reject(revoked) }),
      await open(feeds, { checkAccess: () => Promise.reject(out) }),
    ];
    await delay(40);

    expect(ended.ends).toEqual([{ code: 'access-ended', detail: 'It was revoked.' }]);
    expect(unchecked.ends).toMatchObject([{ code: 'access-ended', retryMs: 5000 }]);
  });

  it('end when the process does, with a hint when to come back; there are no new ones', async () => {
    const feeds = feedsOn();
    const { ends, sink } = await open(feeds);

    await feeds.drain();

    expect(ends).toMatchObject([{ code: 'draining' }]);
    expect(ends[0]?.retryMs).toBeGreaterThanOrEqual(500);
    expect(sink.events.at(-1)).toMatchObject({ type: 'end' });
    await expect(open(feeds)).rejects.toMatchObject({ kind: 'unavailable', code: 'shutting-down' });
  });

  it('wait for what another process was told of already, rather than call it unknown', async () => {
    const topic = new InMemoryChangeTopic(clock);
    const feeds = feedsOn(topic);
    await open(feeds);
    const late: (() => void)[] = [];
    const listener = topic.listener();
    const behind = new LiveFeeds(
      {
        publisher: topic,
        listener: {
          listen: (since, hear) =>
            listener.listen(since, (message) => {
              late.push(() => hear(message));
              setTimeout(() => late.shift()?.(), 20);
            }),
        },
      },
      clock,
      TIMING,
    );
    all.push(behind);
    await open(behind);
    await topic.publish('marker:ahead');
    const lastEventId = topic.published.at(-1)?.id ?? '';

    const { sink } = await open(behind, { lastEventId });

    expect(sink.events.some(({ type }) => type === 'resync')).toBe(false);
  });

  it('are not there where no topic is set up, and say so', async () => {
    const feeds = new LiveFeeds(undefined, clock, TIMING);

    await expect(open(feeds)).rejects.toMatchObject({ code: 'live-unavailable' });
  });

  it('can be opened again when the topic was out', async () => {
    const topic = new InMemoryChangeTopic(clock);
    let isOut = true;
    const listener = topic.listener();
    const feeds = new LiveFeeds(
      {
        publisher: topic,
        listener: {
          listen: (since, hear) =>
            isOut
              ? Promise.reject(new DomainError('unavailable', 'live-unavailable', 'It is out.'))
              : listener.listen(since, hear),
        },
      },
      clock,
      TIMING,
    );
    all.push(feeds);
    await expect(open(feeds)).rejects.toMatchObject({ code: 'live-unavailable' });

    isOut = false;

    await expect(open(feeds)).resolves.toBeDefined();
  });

  it('leave nothing behind when the process ends while the first begins', async () => {
    const topic = new InMemoryChangeTopic(clock);
    let closed = 0;
    const began = Promise.withResolvers<void>();
    const feeds = new LiveFeeds(
      {
        publisher: topic,
        listener: {
          listen: async () => {
            await began.promise;
            return { close: async () => void (closed += 1) };
          },
        },
      },
      clock,
      TIMING,
    );
    const opening = open(feeds).catch((error: unknown) => error);

    await feeds.drain();
    began.resolve();

    expect(await opening).toMatchObject({ code: 'live-unavailable' });
    expect(closed).toBe(1);
  });
});
