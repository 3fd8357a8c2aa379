import { streamRecordsOf } from '@sensorflow/platform/aws/stream-records.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { streamChangesOf } from './stream-changes.js';

const KEYS = { equipmentId: { S: 'EQ-1' }, block: { S: '2023-02-15T06#s#30:02#00000000000abc' } };
const SEQUENCE_NUMBER = '100000000003498069978';

function aRecord(keys: unknown, eventName = 'INSERT', images: object = {}) {
  return { eventName, dynamodb: { SequenceNumber: SEQUENCE_NUMBER, Keys: keys, ...images } };
}

function changesOf(...Records: readonly object[]) {
  return streamChangesOf(streamRecordsOf({ Records }));
}

function dirtyBy(...record: Parameters<typeof aRecord>) {
  const [change] = changesOf(aRecord(...record));
  expect(change?.sequenceNumber).toBe(SEQUENCE_NUMBER);
  return change?.dirty;
}

describe('a record of the readings’ stream', () => {
  it.each(['INSERT', 'MODIFY', 'REMOVE'])(
    'that says %s names the equipment-hour and the slot of its block',
    (name) => {
      expect(dirtyBy(KEYS, name)).toEqual({
        level: 'equipment-hour',
        cell: { equipmentId: 'EQ-1', hour: '2023-02-15T06' },
        slots: [6],
      });
    },
  );

  it.each([
    ['a second', '2023-02-15T06#s#30:00#00000000000abc', [5, 6]],
    ['some minutes', '2023-02-15T06#m#32:00#00000000000abc', [5, 6]],
    ['an hour', '2023-02-15T06#h#12:00#00000000000abc', [0, 1, 2]],
    ['an import', '2023-02-15T06#!undone#an-import', Array.from({ length: 12 }, (_, slot) => slot)],
  ])('names every slot that a block of %s can change', (_span, block, slots) => {
    expect(dirtyBy({ ...KEYS, block: { S: block } })).toMatchObject({ slots });
  });

  it.each([
    [undefined],
    [null],
    [{}],
    [{ ...KEYS, equipmentId: { S: '' } }],
    [{ ...KEYS, equipmentId: { N: '1' } }],
    [{ ...KEYS, block: { S: '2023-02-15T06:30:00.000000000Z' } }],
    [{ ...KEYS, block: { S: '2023-02-15T06#s#60:00#00000000000abc' } }],
    [{ ...KEYS, block: { S: 'yesterday' } }],
    [{ ...KEYS, block: 5 }],
  ])('with the keys %j names no block', (keys) => {
    expect(dirtyBy(keys)).toBeUndefined();
  });
});

describe('a removal in the readings’ stream', () => {
  const EXPIRY = 1_795_384_343;
  const SERVICE = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };

  function dirtyByRemoval(record: object, change: object = {}) {
    const dynamodb = { SequenceNumber: SEQUENCE_NUMBER, Keys: KEYS, ...change };
    const [dirty] = changesOf({ eventName: 'REMOVE', ...record, dynamodb });
    return dirty?.dirty;
  }

  function removedAt(epochSeconds: number, expiresAt: unknown = { N: String(EXPIRY) }) {
    return { ApproximateCreationDateTime: epochSeconds, OldImage: { ...KEYS, expiresAt } };
  }

  it('by the service that removes what has expired changes nothing', () => {
    expect(dirtyByRemoval({ userIdentity: SERVICE })).toBe('nothing');
  });

  it('of a block that had expired by then changes nothing, whatever identity it carries', () => {
    expect(dirtyByRemoval({}, removedAt(EXPIRY))).toBe('nothing');
    expect(dirtyByRemoval({ userIdentity: {} }, removedAt(EXPIRY + 172_800))).toBe('nothing');
  });

  it.each([
    ['that expires later', {}, removedAt(EXPIRY - 1)],
    ['that never expires', {}, removedAt(EXPIRY, {})],
    ['whose expiry is no number', {}, removedAt(EXPIRY, { N: 'soon' })],
    ['at a time that nobody knows', {}, { OldImage: { ...KEYS, expiresAt: { N: '1' } } }],
    ['by another service', { userIdentity: { ...SERVICE, principalId: 'lambda' } }, {}],
    ['by somebody of that name', { userIdentity: { ...SERVICE, type: 'User' } }, {}],
  ])('of a block %s is a change like any other', (_name, record, change) => {
    expect(dirtyByRemoval(record, change)).toMatchObject({ level: 'equipment-hour' });
  });

  it('is the only expiry: any other record of an expired block is a change', () => {
    const record = { eventName: 'MODIFY', userIdentity: SERVICE };

    expect(dirtyByRemoval(record, removedAt(EXPIRY))).toMatchObject({ level: 'equipment-hour' });
  });
});

describe('a record of the aggregates’ stream', () => {
  const keys = (partition: string, cell: string) => ({
    partition: { S: partition },
    cell: { S: cell },
  });
  const EQUIPMENT_HOUR = keys('2023-02-15#13', '2023-02-15T06#EQ-1');
  const image = (metrics: Readonly<Record<string, string>>) => ({
    metrics: {
      M: Object.fromEntries(
        Object.entries(metrics).map(([metric, total]) => [metric, { M: { total: { S: total } } }]),
      ),
    },
  });

  it('of an equipment-hour names its shard-hour and the metrics that differ', () => {
    const OldImage = image({ same: '1', changed: '1', gone: '1' });
    const NewImage = image({ same: '1', changed: '2', constructor: '3' });

    expect(dirtyBy(EQUIPMENT_HOUR, 'MODIFY', { OldImage, NewImage })).toEqual({
      level: 'shard-hour',
      cell: { shard: 13, hour: '2023-02-15T06' },
      metrics: ['same', 'changed', 'gone', 'constructor'].slice(1),
      asOf: 0,
    });
  });

  it('of an equipment-hour says as of when it holds, or held before it was closed', () => {
    const open = { ...image({ a: '1' }), asOf: { N: '1676440801' } };
    const closed = (total: string) => ({ ...image({ a: total }), closed: { BOOL: true } });
    const asOf = 1_676_440_801;

    const opened = dirtyBy(EQUIPMENT_HOUR, 'INSERT', { NewImage: open });
    const changed = dirtyBy(EQUIPMENT_HOUR, 'MODIFY', { OldImage: open, NewImage: closed('2') });
    const same = dirtyBy(EQUIPMENT_HOUR, 'MODIFY', { OldImage: open, NewImage: closed('1') });

    expect(opened).toMatchObject({ metrics: ['a'], asOf });
    expect(changed).toMatchObject({ metrics: ['a'], asOf });
    expect(same).toBe('nothing');
  });

  it.each([
    ['position', 'shard-sums'],
    ['shard-sums', 'fleet-sums'],
  ])('of the mark %s moves %s', (cell, mark) => {
    const NewImage = { hour: { S: '2023-02-15T07' } };
    const record = { SequenceNumber: '1', Keys: keys('closing', cell), NewImage };
    const [change] = streamChangesOf(streamRecordsOf({ Records: [{ dynamodb: record }] }));

    expect(change).toMatchObject({ dirty: 'nothing', advance: { mark, to: '2023-02-15T07' } });
  });

  it.each([
    ['its first version', { NewImage: image({ a: '1', b: '2' }) }],
    ['its removal by hand', { OldImage: image({ a: '1', b: '2' }) }],
    ['its failure', { OldImage: image({ a: '1', b: '2' }), NewImage: image({}) }],
  ])('of %s names all of its metrics', (_name, images) => {
    expect(dirtyBy(EQUIPMENT_HOUR, 'MODIFY', images)).toMatchObject({ metrics: ['a', 'b'] });
  });

  it('of an equal version makes nothing dirty', () => {
    const images = { OldImage: image({ a: '1' }), NewImage: image({ a: '1' }) };

    expect(dirtyBy(EQUIPMENT_HOUR, 'MODIFY', images)).toBe('nothing');
  });

  it('of an equipment-hour without images cannot be understood', () => {
    expect(dirtyBy(EQUIPMENT_HOUR)).toBeUndefined();
  });

  it('of a shard-hour names the fleet-hour of its metric', () => {
    expect(dirtyBy(keys('shard#temp.in-1#2023-02-15', '2023-02-15T06#13'))).toEqual({
      level: 'fleet-hour',
      cell: { metric: 'temp.in-1', hour: '2023-02-15T06' },
    });
  });

  it.each([
    ['fleet#value', '2023-02-15T06'],
    ['layout', '2023-02-15'],
    ['of-somebody-else', 'x'],
  ])('in partition %s makes nothing dirty', (partition, cell) => {
    expect(dirtyBy(keys(partition, cell))).toBe('nothing');
  });

  it.each([
    ['2023-02-15#13', '2023-02-15T06'],
    ['2023-02-15#13', '2023-02-15T06#'],
    ['2023-02-15#13', '2023-02-16T06#EQ-1'],
    ['2023-02-15#13', '2023-02-15T25#EQ-1'],
    ['2023-02-15#x', '2023-02-15T06#EQ-1'],
    ['shard#value#2023-02-15', '2023-02-16T06#1'],
    ['shard#value#2023-02-15', '2023-02-15T06#x'],
    ['shard#value', '2023-02-15T06#1'],
    ['2023-02-15#13', ''],
  ])('in partition %s with the key %j cannot be understood', (partition, cell) => {
    const images = { NewImage: image({ a: '1' }) };

    expect(dirtyBy(keys(partition, cell), 'INSERT', images)).toBeUndefined();
  });
});

describe('a batch of records', () => {
  it('never throws for a record that has a sequence number', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (keys, NewImage) => {
        expect(changesOf(aRecord(keys, 'INSERT', { NewImage }))).toHaveLength(1);
      }),
      { numRuns: 1000 },
    );
  });
});
