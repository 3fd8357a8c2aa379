import { afterEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryEndedSessionStore } from '../../../test/support/in-memory-ended-session-store.js';
import type { VerifiedToken } from './access-token-verifier.js';
import { EndedSessions } from './ended-sessions.js';

const clock = new FixedClock();
const running: EndedSessions[] = [];

afterEach(() => {
  for (const sessions of running.splice(0)) sessions.stop();
});

function aToken(sessionId = 'session'): VerifiedToken {
  const expiresAtEpochSeconds = clock.nowEpochMs() / 1000 + 3600;
  return {
    caller: {
      kind: 'user',
      subject: 'subject',
      username: 'ada',
      scopes: new Set(),
      expiresAtEpochSeconds,
    },
    sessionId,
    sessionOutlivedAtEpochSeconds: expiresAtEpochSeconds,
  };
}

function aProcess(store: InMemoryEndedSessionStore, failures: unknown[] = []): EndedSessions {
  const sessions = new EndedSessions(store, clock, (error) => failures.push(error));
  running.push(sessions);
  return sessions;
}

describe('ended sessions', () => {
  it('count at once where they were ended', async () => {
    const here = aProcess(new InMemoryEndedSessionStore());
    await here.refresh();

    await here.end(aToken());

    expect(here.isEnded('session')).toBe(true);
    expect(here.isEnded('another')).toBe(false);
  });

  it('count elsewhere after a refresh, although the other clock is a minute behind', async () => {
    const store = new InMemoryEndedSessionStore();
    const there = aProcess(store);
    await there.refresh();
    await store.record({
      sessionId: 'session',
      endedAtEpochMs: clock.nowEpochMs() - 60_000,
      keepUntilEpochSeconds: clock.nowEpochMs() / 1000 + 3600,
    });
    clock.advance(3000);

    await there.refresh();

    expect(there.isEnded('session')).toBe(true);
  });

  it('are not known before the first look, so nothing is answered', () => {
    const here = aProcess(new InMemoryEndedSessionStore());

    expect(here.isFresh()).toBe(false);
    expect(() => here.isEnded('session')).toThrow(/cannot be checked/);
  });

  it('are unknown again when the view is older than ten seconds', async () => {
    const store = new InMemoryEndedSessionStore();
    const here = aProcess(store);
    await here.refresh();
    store.failing = true;

    clock.advance(10_000);
    const still = here.isEnded('session');
    await expect(here.refresh()).rejects.toThrow('told to fail');
    clock.advance(1);

    expect(still).toBe(false);
    expect(() => here.isEnded('session')).toThrow(/cannot be checked/);
    store.failing = false;
    await here.refresh();
    expect(here.isEnded('session')).toBe(false);
  });

  it('go on when ending could not be recorded, so that it can be tried again', async () => {
    const store = new InMemoryEndedSessionStore();
    const here = aProcess(store);
    await here.refresh();
    store.failing = true;

    const ending = here.end(aToken());

    await expect(ending).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'logout-not-recorded',
    });
    expect(here.isEnded('session')).toBe(false);
    store.failing = false;
    await here.end(aToken());
    expect(here.isEnded('session')).toBe(true);
  });

  it('are forgotten only when no token of theirs can be valid', async () => {
    const here = aProcess(new InMemoryEndedSessionStore());
    await here.refresh();
    await here.end(aToken());

    clock.advance(3_659_000);
    await here.refresh();
    const stillEnded = here.isEnded('session');
    clock.advance(2000);
    await here.refresh();

    expect(stillEnded).toBe(true);
    expect(here.isEnded('session')).toBe(false);
  });

  it('are looked up once at the start, and a failure is told', async () => {
    const store = new InMemoryEndedSessionStore();
    const failures: unknown[] = [];
    const failing = aProcess(store, failures);
    store.failing = true;
    await failing.start();
    store.failing = false;
    const working = aProcess(store, failures);
    await working.start();

    expect(failures).toHaveLength(1);
    expect([failing.isFresh(), working.isFresh()]).toEqual([false, true]);
  });
});
