import type { StoredBlock } from '@sensorflow/sensor-data';
import { undoneMark } from '@sensorflow/sensor-data';
import { describe, expect, it } from 'vitest';
import { changeMessages, changesIn } from './change-message.js';
import { MAX_MESSAGE_LENGTH } from './change-topic.js';

const STAMP = '0000h2m5k1gabcdefghij';

function block(parts: Partial<StoredBlock> = {}): StoredBlock {
  return {
    equipmentId: 'EQ-1',
    key: `2026-11-30T08#s#12:18.25#${STAMP}`,
    columns: new Map([['value', '23.5']]),
    ...parts,
  };
}

function bodies(blocks: readonly StoredBlock[]): string[] {
  return [...changeMessages(blocks)].map(({ body }) => body);
}

function told(blocks: readonly StoredBlock[]) {
  return bodies(blocks).map((body) => changesIn(Buffer.from(body, 'base64')));
}

describe('a message of changes', () => {
  it('brings the readings of a block, with tags and in whatever columns they lie', () => {
    const doubles = new DataView(new ArrayBuffer(16));
    doubles.setFloat64(0, 1.5);
    doubles.setFloat64(8, Number.NaN);
    const columns = new Map<string, string | Uint8Array>([
      ['pressure', new Uint8Array(doubles.buffer)],
      ['value', '1 2'],
    ]);

    const [changes] = told([
      block({
        instants: 's738 1',
        key: `2026-11-30T08#s#12:19#${STAMP}`,
        columns,
        tags: '[[2,{"cipId":"C1"}]]',
      }),
    ]);

    const [change] = changes?.get('EQ-1') ?? [];
    const readings = change?.kind === 'readings' ? change.readings : [];
    expect(
      readings.map(({ timestamp, values, tags }) => [
        timestamp,
        Object.fromEntries(values),
        tags.get('cipId'),
      ]),
    ).toEqual([
      ['2026-11-30T08:12:18.000000000Z', { pressure: 1.5, value: 1 }, 'C1'],
      ['2026-11-30T08:12:19.000000000Z', { value: 2 }, 'C1'],
    ]);
  });

  it('brings a removed instant, and one metric of it', () => {
    const all = block({ removes: { from: 's738' }, key: `2026-11-30T08#s#12:18#${STAMP}` });
    const one = { ...all, removes: { from: 's738', metric: 'value' } };
    const { columns: _none, ...removal } = all;

    const [changes] = told([removal, one]);

    const timestamp = '2026-11-30T08:12:18.000000000Z';
    expect(changes?.get('EQ-1')).toMatchObject([
      { kind: 'removed', timestamp },
      { kind: 'removed', timestamp, metric: 'value' },
    ]);
  });

  it('tells of a removed range, of an import and of its undo by the time that they cover', () => {
    const range = block({ removes: { from: 's60' }, key: `2026-11-30T08#m#02:00#${STAMP}` });
    const imported = [1, 2, 3].map((hour) =>
      block({ equipmentId: 'EQ-2', importId: 'i1', key: `2024-01-01T0${hour}#s#00:10#${STAMP}` }),
    );
    const undone = undoneMark('EQ-3', '2024-01-01T05', 'i1', 'ada');

    const [changes] = told([range, ...imported, undone]);

    expect(changes?.get('EQ-1')).toMatchObject([
      {
        kind: 'changed',
        from: '2026-11-30T08:01:00.000000000Z',
        to: '2026-11-30T08:02:00.000000001Z',
      },
    ]);
    expect(changes?.get('EQ-2')).toMatchObject([
      {
        kind: 'changed',
        from: '2024-01-01T01:00:09.000000000Z',
        to: '2024-01-01T03:00:10.000000001Z',
      },
    ]);
    expect(changes?.get('EQ-3')).toMatchObject([
      {
        kind: 'changed',
        from: '2024-01-01T05:00:00.000000000Z',
        to: '2024-01-01T06:00:00.000000000Z',
      },
    ]);
  });

  it('is another for another import of the same time, which the topic would take for a repetition', () => {
    const ofImport = (importId: string, stamp: string) =>
      bodies([block({ importId, key: `2024-01-01T01#s#00:10#${stamp}` })]);
    const ofUndo = (importId: string) =>
      bodies([undoneMark('EQ-1', '2024-01-01T05', importId, 'ada')]);

    expect(ofImport('i2', '0000h2m5k2gabcdefghij')).not.toEqual(ofImport('i1', STAMP));
    expect(ofUndo('i2')).not.toEqual(ofUndo('i1'));
    expect(ofUndo('i1')).toEqual(ofUndo('i1'));
  });

  it('is one of several where the topic takes no larger one, and the same for the same blocks', () => {
    const blocks = Array.from({ length: 200 }, (_, number) =>
      block({ equipmentId: `EQ-${number}`, columns: new Map([['value', noise(number)]]) }),
    );

    const messages = [...changeMessages(blocks)];

    expect(messages.length).toBeGreaterThan(1);
    expect(messages.every(({ body }) => body.length <= MAX_MESSAGE_LENGTH)).toBe(true);
    expect(messages.at(-1)?.upTo).toBe(blocks.length);
    expect([...changeMessages(blocks)]).toEqual(messages);
  });
});

/** Hardly deflates: 4 KB of a number's digits. */
function noise(seed: number): string {
  let state = seed + 1;
  const digits = Array.from({ length: 4000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (state % 90));
  });
  return digits.join('');
}
