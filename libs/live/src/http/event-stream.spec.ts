import type { AcceptedChange, StoredBlock } from '@sensorflow/sensor-data';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { changeMessages, changesIn } from '../change-message.js';
import { EventStream } from './event-stream.js';

const STAMP = '0000h2m5k1gabcdefghij';
const COUNT = 200;

/** Steady readings each second: in the log, they take next to nothing. */
function steadyBlock(number: number, parts: Partial<StoredBlock> = {}): StoredBlock {
  return {
    equipmentId: `EQ-${number}`,
    key: `2026-11-30T08#s#03:19#${STAMP}`,
    instants: `s0 1*${COUNT - 1}`,
    columns: new Map([['value', `1*${COUNT}`]]),
    ...parts,
  };
}

function eventsOf(blocks: readonly StoredBlock[]): (readonly AcceptedChange[])[] {
  return Array.from(changeMessages(blocks), ({ body }) =>
    [...changesIn(Buffer.from(body, 'base64')).values()].flat(),
  );
}

function written(events: readonly (readonly AcceptedChange[])[]): readonly Buffer[] {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const write = vi.spyOn(response, 'write');
  const stream = new EventStream(response);
  for (const changes of events) stream.send({ type: 'reading', id: 'm1', changes });
  return write.mock.calls.map(([chunk]) => Buffer.from(chunk));
}

describe('events of steady readings, which are small in the log', () => {
  it.each<[string, Partial<StoredBlock>]>([
    ['of one metric', {}],
    [
      'of several metrics',
      { columns: new Map(Array.from({ length: 6 }, (_, n) => [`metric${n}`, `1*${COUNT}`])) },
    ],
    ['with tags', { tags: JSON.stringify([[COUNT, { batch: 'x'.repeat(50) }]]) }],
  ])('are not large, however many blocks come together: %s', (_name, parts) => {
    const blocks = Array.from({ length: 50 }, (_, number) => steadyBlock(number, parts));

    const events = eventsOf(blocks);
    const sizes = written(events).map(({ length }) => length);

    expect(events.flat()).toHaveLength(blocks.length);
    expect(Math.max(...sizes)).toBeLessThan(1_000_000);
    // And not much smaller than they may be: each is a message of the topic.
    expect(events.length).toBeLessThan(50);
  });

  it('are one copy for all feeds that send the same', () => {
    const [changes = []] = eventsOf([steadyBlock(1), steadyBlock(2)]);
    const responses = [0, 1, 2].map(() => new ServerResponse(new IncomingMessage(new Socket())));
    const writes = responses.map((response) => vi.spyOn(response, 'write'));
    const [first, second, other] = responses.map((response) => new EventStream(response));

    first?.send({ type: 'reading', id: 'm1', changes });
    second?.send({ type: 'reading', id: 'm1', changes: [...changes] });
    other?.send({ type: 'reading', id: 'm1', changes: changes.slice(0, 1) });

    const [one, same, part] = writes.map(({ mock }) => mock.calls[0]?.[0]);
    expect(same).toBe(one);
    expect(part).not.toEqual(one);
    expect(String(part)).toContain('EQ-1');
    expect(String(part)).not.toContain('EQ-2');
  });
});
