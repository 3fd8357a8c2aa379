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

function aToken(
  sessionId = 'session',
  { subject = 'subject', signedInAtEpochSeconds = Math.floor(clock.nowEpochMs() / 1000) } = {},
): VerifiedToken {
  const expiresAtEpochSeconds = clock.nowEpochMs() / 1000 + 3600;
  return {
    caller: {
      kind: 'user',
      subject,
      username: 'ada',
      scopes: new Set(),
      expiresAtEpochSeconds,
    },
    sessionId,
    signedInAtEpochSeconds,
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

    expect(here.isEnded(aToken())).toBe(true);
    expect(here.isEnded(aToken('another'))).toBe(false);
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

    expect(there.isEnded(aToken())).toBe(true);
  });

  it('are not known before the first look, so nothing is answered', () => {
    const here = aProcess(new InMemoryEndedSessionStore());

    expect(here.isFresh()).toBe(false);
    expect(() => here.isEnded(aToken())).toThrow(/cannot be checked/);
  });

  it('are unknown again when the view is older than ten seconds', async () => {
    const store = new InMemoryEndedSessionStore();
    const here = aProcess(store);
    await here.refresh();
    store.failing = true;

    clock.advance(10_000);
    const still = here.isEnded(aToken());
    await expect(here.refresh()).rejects.toThrow('told to fail');
    clock.advance(1);

    expect(still).toBe(false);
    expect(() => here.isEnded(aToken())).toThrow(/cannot be checked/);
    store.failing = false;
    await here.refresh();
    expect(here.isEnded(aToken())).toBe(false);
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
    expect(here.isEnded(aToken())).toBe(false);
    store.failing = false;
    await here.end(aToken());
    expect(here.isEnded(aToken())).toBe(true);
  });

  it('are forgotten only when no token of theirs can be valid', async () => {
    const here = aProcess(new InMemoryEndedSessionStore());
    await here.refresh();
    await here.end(aToken());

    clock.advance(3_659_000);
    await here.refresh();
    const stillEnded = here.isEnded(aToken());
    clock.advance(2000);
    await here.refresh();

    expect(stillEnded).toBe(true);
    expect(here.isEnded(aToken())).toBe(false);
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

describe('the other sessions of a user', () => {
  it('end here at once and elsewhere after a refresh; the one that ended them goes on', async () => {
    const store = new InMemoryEndedSessionStore();
    const [here, there] = [aProcess(store), aProcess(store)];
    await Promise.all([here.refresh(), there.refresh()]);
    const before = clock.nowEpochMs() / 1000 - 600;

    await here.endOthers(aToken('new'));
    await there.refresh();

    for (const process of [here, there]) {
      expect(process.isEnded(aToken('old', { signedInAtEpochSeconds: before }))).toBe(true);
      expect(process.isEnded(aToken('of this second'))).toBe(true);
      expect(process.isEnded(aToken('new'))).toBe(false);
      expect(process.isEnded(aToken('old', { subject: 'another' }))).toBe(false);
    }
  });

  it('that begin later are not ended', async () => {
    const here = aProcess(new InMemoryEndedSessionStore());
    await here.refresh();
    await here.endOthers(aToken('new'));

    clock.advance(1000);

    expect(here.isEnded(aToken('later'))).toBe(false);
  });

  it('can be ended again, and an older record changes nothing', async () => {
    const store = new InMemoryEndedSessionStore();
    const [here, there] = [aProcess(store), aProcess(store)];
    await here.refresh();
    const first = aToken('first');
    await here.endOthers(first);
    clock.advance(5000);
    await here.endOthers(aToken('second'));

    await there.refresh();

    for (const process of [here, there]) {
      expect(process.isEnded(first)).toBe(true);
      expect(process.isEnded(aToken('second'))).toBe(false);
    }
  });

  it('are forgotten only when no token of theirs can be valid', async () => {
    const here = aProcess(new InMemoryEndedSessionStore());
    await here.refresh();
    const old = aToken('old');
    await here.endOthers(aToken('new'));

    clock.advance(3_659_000);
    await here.refresh();
    const stillEnded = here.isEnded(old);
    clock.advance(2000);
    await here.refresh();

    expect([stillEnded, here.isEnded(old)]).toEqual([true, false]);
  });
});
