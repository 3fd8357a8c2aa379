import { LimitedConnections } from '@sensorflow/auth';
import { DomainError, SystemClock } from '@sensorflow/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { InMemoryChangeTopic } from '../../../test/support/in-memory-change-topic.js';
import { InMemoryConnectionPlaces } from '../../../test/support/in-memory-connection-places.js';
import type { ChangeListener } from './change-topic.js';
import { FEED_TIMING, FeedSink, type FeedEnd, type FeedEvent } from './feed.js';
import { LiveFeeds, MAX_FEEDS_PER_CALLER } from './live-feeds.js';

const TIMING = { ...FEED_TIMING, checkAccessMs: 10 };
const clock = new SystemClock();
const connections = new LimitedConnections(new InMemoryConnectionPlaces(), clock, (error) => {
  throw error;
});
const all: LiveFeeds[] = [];

class RecordingSink extends FeedSink {
  readonly events: FeedEvent[] = [];

  override send(event: FeedEvent, onTaken?: () => void): boolean {
    this.events.push(event);
    onTaken?.();
    return true;
  }

  override async drained(): Promise<void> {}

  override close(): void {}
}

afterEach(async () => {
  await Promise.all(all.splice(0).map((feeds) => feeds.drain()));
});

function feedsOn(topic = new InMemoryChangeTopic(clock)): LiveFeeds {
  const feeds = new LiveFeeds(
    { publisher: topic, listener: topic.listener() },
    connections,
    clock,
    TIMING,
  );
  all.push(feeds);
  return feeds;
}

async function open(
  feeds: LiveFeeds,
  { subject = 'ada', checkAccess = async () => {}, lastEventId = '', maxConnections = 0 } = {},
) {
  const begin = await feeds.open({
    caller: { subject, ...(maxConnections > 0 && { maxConnections }) },
    filter: {},
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

  it('are as many as the caller may have over all processes, also where that is more than ten', async () => {
    const topic = new InMemoryChangeTopic(clock);
    const [here, there] = [feedsOn(topic), feedsOn(topic)];
    const caller = { subject: 'wall', maxConnections: MAX_FEEDS_PER_CALLER + 2 };
    const opened: Awaited<ReturnType<typeof open>>[] = [];
    for (let feed = 0; feed < MAX_FEEDS_PER_CALLER + 1; feed += 1) {
      opened.push(await open(here, caller));
    }
    await open(there, caller);

    for (const feeds of [here, there]) {
      await expect(open(feeds, caller)).rejects.toMatchObject({
        kind: 'throttled',
        code: 'too-many-connections',
      });
    }
    await expect(open(there, { subject: 'grace', maxConnections: 1 })).resolves.toBeDefined();
    opened[0]?.feed.left();
    await expect(open(there, caller)).resolves.toBeDefined();
  });

  it('give their places back when they cannot begin', async () => {
    const out = { listen: () => Promise.reject(new Error('out')) };
    const topic = new InMemoryChangeTopic(clock);
    const broken = new LiveFeeds({ publisher: topic, listener: out }, connections, clock, TIMING);
    const caller = { subject: 'once', maxConnections: 1 };

    await expect(open(broken, caller)).rejects.toThrow('out');

    await expect(open(feedsOn(topic), caller)).resolves.toBeDefined();
  });

  it('end, and may come back, when their place is lost', async () => {
    const places = new InMemoryConnectionPlaces();
    const hasty = { leaseMs: 1000, renewEveryMs: 10 };
    const counted = new LimitedConnections(places, clock, () => undefined, hasty);
    const topic = new InMemoryChangeTopic(clock);
    const topics = { publisher: topic, listener: topic.listener() };
    const feeds = new LiveFeeds(topics, counted, clock, TIMING);
    all.push(feeds);
    const { ends } = await open(feeds, { subject: 'lost', maxConnections: 1 });

    vi.spyOn(places, 'renew').mockResolvedValue(false);

    await vi.waitFor(() => expect(ends).toMatchObject([{ code: 'access-ended', retryMs: 5000 }]));
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
      connections,
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
    const feeds = new LiveFeeds(undefined, connections, clock, TIMING);

    await expect(open(feeds)).rejects.toMatchObject({ code: 'live-unavailable' });
  });

  it('end at once when their place is lost before they begin', async () => {
    const places = new InMemoryConnectionPlaces();
    const hasty = { leaseMs: 1000, renewEveryMs: 10 };
    const counted = new LimitedConnections(places, clock, () => undefined, hasty);
    const topic = new InMemoryChangeTopic(clock);
    const listener: ChangeListener = {
      listen: async (since, hear) => {
        const lost = vi.spyOn(places, 'renew').mockResolvedValue(false);
        await vi.waitFor(() => expect(lost).toHaveBeenCalled());
        return topic.add(hear, since);
      },
    };
    const feeds = new LiveFeeds({ publisher: topic, listener }, counted, clock, TIMING);
    all.push(feeds);

    const { ends } = await open(feeds, { subject: 'lost early', maxConnections: 1 });

    expect(ends).toMatchObject([{ code: 'access-ended', retryMs: 5000 }]);
  });

  it('leave no marker that nobody waits for when it cannot be published', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const topic = new InMemoryChangeTopic(clock);
    const feeds = feedsOn(topic);
    const refusing = vi.spyOn(topic, 'publish').mockRejectedValue(new Error('it is throttled'));

    await expect(open(feeds)).rejects.toThrow('it is throttled');
    await vi.advanceTimersByTimeAsync(60_000);

    expect(unhandled).not.toHaveBeenCalled();
    refusing.mockRestore();
    await expect(open(feeds)).resolves.toBeDefined();
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
      connections,
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
    const [asked, began] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const feeds = new LiveFeeds(
      {
        publisher: topic,
        listener: {
          listen: async () => {
            asked.resolve();
            await began.promise;
            return { close: async () => void (closed += 1) };
          },
        },
      },
      connections,
      clock,
      TIMING,
    );
    const opening = open(feeds).catch((error: unknown) => error);
    await asked.promise;

    await feeds.drain();
    began.resolve();

    expect(await opening).toMatchObject({ code: 'live-unavailable' });
    expect(closed).toBe(1);
  });

  it('do not begin to listen once the process ends', async () => {
    const places = new InMemoryConnectionPlaces();
    const counted = new LimitedConnections(places, clock, () => undefined);
    const topic = new InMemoryChangeTopic(clock);
    const listen = vi.fn<ChangeListener['listen']>();
    const feeds = new LiveFeeds({ publisher: topic, listener: { listen } }, counted, clock, TIMING);
    const opening = open(feeds, { maxConnections: 1 }).catch((error: unknown) => error);

    await feeds.drain();

    expect(await opening).toMatchObject({ code: 'shutting-down' });
    expect(listen).not.toHaveBeenCalled();
  });
});
