import { describe, expect, it } from 'vitest';
import { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import { anInstant } from '../../../../test/support/readings.js';
import type { LogRow } from './block-builder.js';
import type { Origin } from './block.js';
import { instantHistory } from './instant-history.js';
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

    expect(await instantHistory(store, EQUIPMENT, TIMESTAMP)).toEqual([
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

    const values = (await instantHistory(store, EQUIPMENT, TIMESTAMP)).map(({ value }) => value);

    expect(values).toEqual([3, 2, 1]);
  });

  it('shows what a removal took away, and what came later', async () => {
    const store = new InMemoryBlockStore();
    put(store, 1, [{ value: 1, pressure: 7 }]);
    const range = { hour: HOUR, firstNs: 0, lastNs: AT, metric: 'value' };
    store.put(sealRemoval(EQUIPMENT, range, {}, stamp(2)));
    const elsewhere = { hour: HOUR, firstNs: AT + 1, lastNs: AT + 1 };
    store.put(sealRemoval(EQUIPMENT, elsewhere, {}, stamp(9)));
    put(store, 3, [{ value: 3 }]);

    const values = await instantHistory(store, EQUIPMENT, TIMESTAMP);

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

    const before = await instantHistory(store, EQUIPMENT, TIMESTAMP);
    store.put(undoneMark(EQUIPMENT, HOUR, IMPORT_ID, 'ann'));
    const after = await instantHistory(store, EQUIPMENT, TIMESTAMP);

    expect(before.map(({ value, importId }) => [value, importId])).toEqual([
      [21, IMPORT_ID],
      [20, IMPORT_ID],
      [1, undefined],
    ]);
    expect(after.map(({ value }) => value)).toEqual([1]);
  });

  it('has nothing of an instant that nobody wrote', async () => {
    const store = new InMemoryBlockStore();
    put(store, 1, [{ value: 1 }]);

    expect(await instantHistory(store, EQUIPMENT, anInstant(`${HOUR}:12:19Z`))).toEqual([]);
    expect(await instantHistory(store, 'EQ-2', TIMESTAMP)).toEqual([]);
  });
});

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
  origin: Origin = {},
  offsetsNs: readonly number[] = [AT],
): void {
  const part = origin.importId === undefined ? undefined : { run: 1, sequence: 1 };
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
