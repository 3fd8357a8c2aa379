import type { BlockQuery, BlockStore } from '@sensorflow/sensor-data/log/block-store.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { BlockBuilder } from '@sensorflow/sensor-data/log/block-builder.js';
import { sealRemoval, undoneMark } from '@sensorflow/sensor-data/log/seal-removal.js';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InMemoryBlockStore } from '../support/in-memory-block-store.js';
import { pagesOf } from '../support/readings.js';
import { startTestDynamoDb } from '../support/test-dynamodb.js';

interface Subject {
  readonly store: BlockStore;
  stop(): Promise<void>;
}

const subjects: readonly (readonly [string, () => Promise<Subject>])[] = [
  ['the in-memory twin', inMemory],
  ['the DynamoDB adapter', inDynamoDb],
];
const HOUR = '2026-11-30T08';
const ALL = { from: '0', to: ':' };

describe.each(subjects)('the store of blocks: %s', (_, start) => {
  let subject: Subject;
  let store: BlockStore;
  let equipmentCount = 0;
  /** Every test has equipment of its own, so that they can share a table. */
  const newEquipment = () => `EQ-${(equipmentCount += 1)}`;
  const everything = async (equipmentId: string, query: Partial<BlockQuery> = {}) => {
    const found: StoredBlock[] = [];
    let after: string | undefined;
    do {
      const page = await store.query({
        equipmentId,
        keys: ALL,
        order: 'asc',
        limit: 3,
        ...query,
        ...(after !== undefined && { after }),
      });
      found.push(...page.blocks);
      after = page.next;
    } while (after !== undefined);
    return found;
  };

  beforeAll(async () => {
    subject = await start();
    store = subject.store;
  });
  afterAll(() => subject.stop());

  it.each([
    ['one reading', (id: string) => aBlock(id, [0])],
    ['many metrics, tags and doubles', manyDigits],
    ['a part of an import', importedBlock],
    ['the removal of an instant', (id: string) => aRemoval(id)],
    ['the removal of a metric', (id: string) => aRemoval(id, 'constructor')],
    ['the mark of an undone import', anUndoneMark],
  ])('gives back exactly the block that was put: %s', async (_name, make) => {
    const block = make(newEquipment());

    const outcomes = await store.putAll([block]);

    expect(outcomes).toEqual(['stored']);
    expect(await everything(block.equipmentId)).toEqual([block]);
  });

  it('writes the same when an attempt is repeated', async () => {
    const block = aBlock(newEquipment(), [1, 2, 3]);

    await store.putAll([block]);
    await store.putAll([block, aBlock(block.equipmentId, [4])]);

    expect(await everything(block.equipmentId)).toHaveLength(2);
  });

  it('answers each of 25 blocks of one call for itself', async () => {
    const equipmentId = newEquipment();
    const blocks = Array.from({ length: 25 }, (_block, second) => aBlock(equipmentId, [second]));

    expect(await store.putAll(blocks)).toEqual(blocks.map(() => 'stored'));
    expect(await everything(equipmentId)).toEqual(blocks);
  });

  it('gives the blocks of a range of keys, its end excluded, in both orders', async () => {
    const equipmentId = newEquipment();
    const blocks = Array.from({ length: 10 }, (_block, second) => aBlock(equipmentId, [second]));
    await store.putAll(blocks);
    const keys = { from: `${HOUR}#s#00:02`, to: `${HOUR}#s#00:07` };

    expect(await everything(equipmentId, { keys })).toEqual(blocks.slice(2, 7));
    expect(await everything(equipmentId, { keys, order: 'desc' })).toEqual(
      blocks.slice(2, 7).toReversed(),
    );
  });

  it('goes on behind a key, and says where a page ended', async () => {
    const equipmentId = newEquipment();
    const blocks = Array.from({ length: 5 }, (_block, second) => aBlock(equipmentId, [second]));
    await store.putAll(blocks);
    const query = { equipmentId, keys: ALL, order: 'asc', limit: 2 } as const;

    const first = await store.query(query);
    const last = await store.query({
      ...query,
      limit: 10,
      ...(first.next && { after: first.next }),
    });

    expect(first).toEqual({ blocks: blocks.slice(0, 2), next: blocks[1]?.key });
    expect(last).toEqual({ blocks: blocks.slice(2), next: undefined });
  });

  it('has nothing of other equipment, also when one id begins with the other', async () => {
    const block = aBlock(newEquipment(), [0]);
    await store.putAll([block, aBlock(`${block.equipmentId}:pressure`, [0])]);

    expect(await everything(block.equipmentId)).toEqual([block]);
    expect(await everything(newEquipment())).toEqual([]);
  });

  it('names every equipment that has blocks once, however many it has', async () => {
    const ids = Array.from({ length: 12 }, newEquipment).concat(`${newEquipment()}.a`, 'a', 'Z');
    for (const equipmentId of ids) {
      await store.putAll([0, 1, 2].map((second) => aBlock(equipmentId, [second])));
    }

    const own = new Set(ids);
    const named = (await pagesOf(store.scanEquipment())).flat().filter((id) => own.has(id));

    expect(named.toSorted()).toEqual(ids.toSorted());
  });
});

function inMemory(): Promise<Subject> {
  return Promise.resolve({ store: new InMemoryBlockStore(), stop: () => Promise.resolve() });
}

async function inDynamoDb(): Promise<Subject> {
  const dynamodb = await startTestDynamoDb();
  const name = await dynamodb.createTable(READINGS_TABLE);
  return {
    store: new DynamoDbBlockStore(dynamodb.client, name),
    stop: () => dynamodb.close(),
  };
}

const STAMP = { epochMicros: 1_764_000_000_000_000, source: 'process1' };

/** One reading for each second of the hour, in one block. */
function aBlock(equipmentId: string, seconds: readonly number[]): StoredBlock {
  const builder = new BlockBuilder(equipmentId, HOUR, { by: 'ü "quoted"' });
  for (const second of seconds) {
    builder.add({ offsetNs: second * 1e9, values: new Map([['value', second]]), tags: new Map() });
  }
  return builder.seal(STAMP);
}

function manyDigits(equipmentId: string): StoredBlock {
  const builder = new BlockBuilder(equipmentId, HOUR, {});
  for (let second = 0; second < 50; second += 1) {
    builder.add({
      offsetNs: second * 1e9 + 1,
      values: new Map([
        ['constructor', Math.PI * (second + 1)],
        ['p.1', second % 2],
      ]),
      tags: new Map([['lot', 'ü 😀 "']]),
    });
  }
  return builder.seal(STAMP, 1_800_000_000);
}

function importedBlock(equipmentId: string): StoredBlock {
  const importId = '0190a0a0-0000-7000-8000-000000000001';
  const builder = new BlockBuilder(equipmentId, HOUR, { importId, by: 'someone' });
  for (const place of [7, 3]) {
    builder.add({ offsetNs: 1, values: new Map([['value', place]]), tags: new Map(), place });
  }
  return builder.seal({ epochMicros: STAMP.epochMicros, source: importId }, undefined, {
    run: 2,
    sequence: 17,
  });
}

function aRemoval(equipmentId: string, metric?: string): StoredBlock {
  const removal = { hour: HOUR, firstNs: 3, lastNs: 5, ...(metric !== undefined && { metric }) };
  return sealRemoval(equipmentId, removal, { by: 'someone' }, STAMP);
}

function anUndoneMark(equipmentId: string): StoredBlock {
  return undoneMark(equipmentId, HOUR, '0190a0a0-0000-7000-8000-000000000001', 'someone');
}
