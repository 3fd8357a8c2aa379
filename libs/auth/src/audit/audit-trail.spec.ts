import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryAuditStore } from '../../../../test/support/in-memory-audit-store.js';
import { AuditTrail, nameHash } from './audit-trail.js';

const LOGIN = {
  actor: 'x',
  action: 'login',
  target: '',
  address: '203.0.113.7',
  outcome: 'invalid-credentials',
};

function setUp() {
  const clock = new FixedClock();
  clock.advance(60_000 - (clock.nowEpochMs() % 60_000));
  const store = new InMemoryAuditStore();
  const failures: unknown[] = [];
  const trail = new AuditTrail(store, clock, (error) => failures.push(error));
  const entries = async () => {
    const range = { fromEpochMs: 0, toEpochMs: clock.nowEpochMs() + 1 };
    const all = { actors: undefined, action: undefined, limit: 1000, before: undefined };
    return (await store.page({ ...range, ...all })).entries;
  };
  return { clock, store, failures, trail, entries };
}

describe('an audited action', () => {
  const action = {
    actor: 'ada',
    action: 'api-key.revoke',
    target: 'one',
    address: '203.0.113.7',
    requestId: 'r1',
  };

  it('has its row before it begins, and how it ended afterwards', async () => {
    const { trail, entries } = setUp();

    const begun = await trail.begin(action);
    expect(await entries()).toMatchObject([{ ...action, outcome: 'unconfirmed' }]);
    await trail.end(begun, 'succeeded', 'two');

    expect(await entries()).toMatchObject([{ ...action, target: 'two', outcome: 'succeeded' }]);
  });

  it('does not begin without its row, and stays unconfirmed when its end cannot be written', async () => {
    const { store, failures, trail, entries } = setUp();
    const begun = await trail.begin(action);
    store.failing = true;

    await expect(trail.begin({ ...action, requestId: 'r2' })).rejects.toThrow('told to fail');
    await trail.end(begun, 'succeeded', 'one');

    expect(failures).toHaveLength(1);
    expect(await entries()).toMatchObject([{ requestId: 'r1', outcome: 'unconfirmed' }]);
  });
});

describe('failures', () => {
  it('are counted for each actor, network, outcome and minute', async () => {
    const { clock, store, trail, entries } = setUp();
    for (let index = 0; index < 1000; index += 1) trail.count(LOGIN);
    trail.count({ ...LOGIN, address: '198.51.100.1' });
    clock.advance(60_000);
    trail.count(LOGIN);

    await trail.flush();

    expect(store.writes).toBe(3);
    expect((await entries()).map(({ address, count }) => `${address} ${count}`).toSorted()).toEqual(
      ['198.51.100.1 1', '203.0.113.7 1', '203.0.113.7 1000'],
    );
  });

  it('of ever other kinds cost no more writes than a bound, and none is lost', async () => {
    const { store, trail, entries } = setUp();
    for (let index = 0; index < 20_000; index += 1) trail.count({ ...LOGIN, actor: `a${index}` });

    await trail.flush();

    expect(store.writes).toBe(201);
    const counted = (await entries()).reduce((sum, { count }) => sum + count, 0);
    expect(counted).toBe(20_000);
  });

  it('that cannot be written are told of, and hold up nothing', async () => {
    const { store, failures, trail } = setUp();
    store.failing = true;
    trail.count(LOGIN);

    await trail.flush();

    expect(failures).toHaveLength(1);
  });
});

describe('a name that failed to log in', () => {
  it('is hashed, unless somebody has logged in with it', () => {
    const { trail } = setUp();
    trail.rememberName('Ada');

    expect(trail.shownName('hunter2')).toBe(nameHash('hunter2'));
    expect(trail.shownName('hunter2')).toMatch(/^sha256:[\w-]{22}$/);
    expect(trail.shownName('ada')).toBe('Ada');
  });
});
