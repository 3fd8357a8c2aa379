import type { AcceptedChange, StoredBlock } from '@sensorflow/sensor-data';
import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { connect, Socket, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
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

/** A response whose client stopped reading before it was sent anything. */
async function responseToStoppedClient(): Promise<ServerResponse> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  server.once('request', (_request, response) => resolve(response));
  client.pause().write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  return promise;
}

describe('a client that stopped reading', () => {
  const heartbeat = { type: 'heartbeat', id: 'm1' } as const;

  it('is said to take what the system has room for, and no more', async () => {
    const response = await responseToStoppedClient();
    const stream = new EventStream(response);
    const [first, last] = [vi.fn<() => void>(), vi.fn<() => void>()];

    stream.send(heartbeat, first);
    await vi.waitFor(() => expect(first).toHaveBeenCalledOnce());
    const filler = Buffer.alloc(8192, 'x');
    while (response.writableLength === 0) {
      response.write(filler);
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Not enough for the stream to say that the client should take it first.
    expect(stream.send(heartbeat, last)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect(last).not.toHaveBeenCalled();
  });
});
