import { describe, expect, it } from 'vitest';
import { aBudget } from '../../../../test/support/budgets.js';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import { anInstant } from '../../../../test/support/readings.js';
import { Retention } from '../retention.js';
import type { LogRow } from './block-builder.js';
import type { Origin } from './block.js';
import { InstantHistory, type HistoryPage, type PastValue } from './instant-history.js';
import { packRows } from './pack-rows.js';
import { sealRemoval, undoneMark } from './seal-removal.js';

const EQUIPMENT = 'EQ-1';
const HOUR = '2026-11-30T08';
const AT = 738e9;
const TIMESTAMP = anInstant(`${HOUR}:12:18Z`);
const IMPORT_ID = '0190a0a0-0000-7000-8000-000000000001';
const START_EPOCH_MS = Date.parse('2026-11-30T09:00:00Z');

describe('the history of an instant', () => {
  it('has every value, the latest first, with when and by whom', async () => {
    const store = new InMemoryBlockStore();
    put(store, 1, [{ value: 1 }], { by: 'ann' });
    put(store, 3, [{ value: 3 }], { by: 'ben' });
    put(store, 2, [{ value: 2, pressure: 7 }], {});

    expect(await historyIn(store)).toEqual([
      { metric: 'value', value: 3, removed: false, acceptedAt: accepted(3), by: 'ben' },
      { metric: 'pressure', value: 7, removed: false, acceptedAt: accepted(2) },
      { metric: 'value', value: 2, removed: false, acceptedAt: accepted(2) },
      { metric: 'value', value: 1, removed: false, acceptedAt: accepted(1), by: 'ann' },
    ]);
  });

  it('looks into blocks of every span, and at nothing but the instant', async () => {
    const store = new InMemoryBlockStore();
    put(store, 1, [{ value: 1 }]);
    put(store, 2, [{ value: 2 }], {}, [AT - 20e9, AT, AT + 100e9]);
    put(store, 3, [{ value: 3 }], {}, [AT - 700e9, AT, AT + 700e9]);
    put(store, 4, [{ value: 4 }], {}, [AT + 1]);

    const values = (await historyIn(store)).map(({ value }) => value);

    expect(values).toEqual([3, 2, 1]);
  });

  it('shows what a removal took away, and what came later', async () => {
    const store = new InMemoryBlockStore();
    put(store, 1, [{ value: 1, pressure: 7 }]);
    const range = { hour: HOUR, firstNs: 0, lastNs: AT, metric: 'value' };
    store.put(sealRemoval(EQUIPMENT, range, {}, stamp(2)));
    const earlier = { hour: HOUR, firstNs: 1, lastNs: AT, metric: 'value' };
    store.put(sealRemoval(EQUIPMENT, earlier, {}, stamp(0)));
    const elsewhere = { hour: HOUR, firstNs: AT + 1, lastNs: AT + 1 };
    store.put(sealRemoval(EQUIPMENT, elsewhere, {}, stamp(9)));
    put(store, 3, [{ value: 3 }]);

    const values = await historyIn(store);

    expect(values.map(({ metric, value, removed }) => [metric, value, removed])).toEqual([
      ['value', 3, false],
      ['pressure', 7, false],
      ['value', 1, true],
    ]);
  });

  it('has the rows of an import in the order of its file, until it is undone', async () => {
    const store = new InMemoryBlockStore();
    put(store, 1, [{ value: 1 }]);
    const rows = [{ value: 20 }, { value: 21 }];
    put(store, 2, rows, { importId: IMPORT_ID }, [AT, AT]);

    const before = await historyIn(store);
    store.put(undoneMark(EQUIPMENT, HOUR, IMPORT_ID, 'ann'));
    const after = await historyIn(store);

    expect(before.map(({ value, importId }) => [value, importId])).toEqual([
      [21, IMPORT_ID],
      [20, IMPORT_ID],
      [1, undefined],
    ]);
    expect(after.map(({ value }) => value)).toEqual([1]);
  });

  it('is empty for an instant that was never written', async () => {
    const store = new InMemoryBlockStore();
    put(store, 1, [{ value: 1 }]);

    expect(await historyIn(store, { timestamp: anInstant(`${HOUR}:12:19Z`) })).toEqual([]);
    expect(await historyIn(store, { equipmentId: 'EQ-2' })).toEqual([]);
  });

  it.each([1, 2, 3, 7, 100])('comes in pages that fit together, of %i', async (limit) => {
    const store = new InMemoryBlockStore(3);
    for (let second = 1; second <= 10; second += 1) {
      put(store, second, [{ value: second, pressure: -second }], {}, [AT - second * 20e9, AT]);
    }
    const rows = [{ value: 20 }, { value: 21 }, { value: 22 }];
    put(store, 5, rows, { importId: IMPORT_ID }, [AT, AT, AT]);
    store.put(sealRemoval(EQUIPMENT, { hour: HOUR, firstNs: 0, lastNs: AT }, {}, stamp(7)));
    const whole = await historyIn(store);

    const pages: HistoryPage[] = [];
    do {
      const after = pages.at(-1)?.next;
      pages.push(await subject(store).page({ ...QUERY, limit, ...(after && { after }) }));
    } while (pages.at(-1)?.next !== undefined);

    expect(pages.flatMap(({ values }) => values)).toEqual(whole);
    expect(whole).toHaveLength(23);
    expect(whole.map(({ removed }) => removed)).toEqual(whole.map((_value, n) => n >= 8));
    expect(pages.slice(0, -1).every(({ values }) => values.length === limit)).toBe(true);
  });

  it('has the row of a file once, whichever runs of its import wrote it', async () => {
    const store = new InMemoryBlockStore();
    for (const run of [1, 2]) put(store, 1, [{ value: 5 }], { importId: IMPORT_ID, run });

    expect(store.all(EQUIPMENT)).toHaveLength(2);
    expect((await historyIn(store)).map(({ value }) => value)).toEqual([5]);
  });

  it('is gone with the hour that expires', async () => {
    const store = new InMemoryBlockStore();
    put(store, 1, [{ value: 1 }]);
    const clock = new FixedClock('2026-12-30T08:59:59.999Z');
    const history = new InstantHistory(store, Retention.ofDays(30), clock);

    const before = await history.page(QUERY);
    clock.advance(1);
    const after = await history.page(QUERY);

    expect([before, after].map(({ values }) => values.length)).toEqual([1, 0]);
  });

  it('ends when it would take too many calls, and when its client disconnects', async () => {
    const store = new InMemoryBlockStore(1);
    for (let second = 1; second <= 450; second += 1) put(store, second, [{ value: second }]);
    const client = new AbortController();
    const gone = aBudget(client.signal);
    client.abort();

    const tooLong = subject(store).page(QUERY, aBudget());

    await expect(tooLong).rejects.toMatchObject({ kind: 'invalid', code: 'history-too-long' });
    await expect(subject(store).page(QUERY, gone)).rejects.toBe(client.signal.reason);
  });
});

const QUERY = { equipmentId: EQUIPMENT, timestamp: TIMESTAMP, limit: 1000 };

function subject(store: InMemoryBlockStore): InstantHistory {
  return new InstantHistory(store, Retention.FOREVER, new FixedClock('2026-12-01T00:00:00Z'));
}

async function historyIn(
  store: InMemoryBlockStore,
  query: Partial<typeof QUERY> = {},
): Promise<readonly PastValue[]> {
  return (await subject(store).page({ ...QUERY, ...query })).values;
}

function stamp(second: number, source = 'process1') {
  return { epochMicros: (START_EPOCH_MS + second * 1000) * 1000, source };
}

function accepted(second: number) {
  return anInstant(new Date(START_EPOCH_MS + second * 1000).toISOString());
}

/** A block of as many readings as there are instants; the same values at each, or one each. */
function put(
  store: InMemoryBlockStore,
  second: number,
  values: readonly Readonly<Record<string, number>>[],
  { run = 1, ...origin }: Origin & { readonly run?: number } = {},
  offsetsNs: readonly number[] = [AT],
): void {
  const part = origin.importId === undefined ? undefined : { run, sequence: 1 };
  const rows = offsetsNs.map((offsetNs, index): LogRow => {
    const row = {
      offsetNs,
      values: new Map(Object.entries(values[index] ?? values[0] ?? {})),
      tags: new Map(),
    };
    return part ? Object.assign(row, { place: index }) : row;
  });
  for (const { block } of packRows(EQUIPMENT, HOUR, origin, rows)) {
    store.put(block.seal(stamp(second, origin.importId), undefined, part));
  }
}
