import { describe, expect, it } from 'vitest';
import { eventsIn, type StreamEvent } from './event-stream.ts';

const SENT =
  'event: heartbeat\nid: 1\ndata: {"at":"now"}\n\nevent: reading\nid: 2\ndata: [1,\ndata: 2]\n\nretry: 700\nevent: end\ndata: {}\n\n';

async function* inPieces(text: string, length: number): AsyncGenerator<string> {
  for (let from = 0; from < text.length; from += length) yield text.slice(from, from + length);
}

describe('a stream of events', () => {
  it.each([1, 3, 17, 1000])('is read in pieces of %i characters', async (length) => {
    const events: StreamEvent[] = [];

    for await (const event of eventsIn(inPieces(SENT, length))) events.push(event);

    expect(events).toEqual([
      { type: 'heartbeat', id: '1', data: '{"at":"now"}', retryMs: undefined },
      { type: 'reading', id: '2', data: '[1,\n2]', retryMs: undefined },
      { type: 'end', id: undefined, data: '{}', retryMs: 700 },
    ]);
  });

  it('that breaks off in the middle of an event has no such event', async () => {
    const events: StreamEvent[] = [];

    for await (const event of eventsIn(inPieces(SENT.slice(0, -1), 9))) events.push(event);

    expect(events.map(({ type }) => type)).toEqual(['heartbeat', 'reading']);
  });
});
