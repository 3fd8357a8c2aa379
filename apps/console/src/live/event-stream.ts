/** A server-sent event (WHATWG HTML §9.2). */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** Undefined for one without. */
  readonly id: string | undefined;
  /** When to come back after the end of the stream, in milliseconds. */
  readonly retryMs: number | undefined;
}

/**
 * The events of a stream as they come. EventSource would do the same, but tells no status, gives up on a server that is
 * restarting, and cannot go on from where another tab was.
 */
export async function* eventsIn(
  chunks: AsyncIterable<string> | ReadableStream<string>,
): AsyncGenerator<StreamEvent> {
  let rest = '';
  for await (const chunk of chunks as AsyncIterable<string>) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield eventOf(block);
  }
}

function eventOf(block: string): StreamEvent {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    const before = fields.get(name);
    fields.set(name, name === 'data' && before !== undefined ? `${before}\n${value}` : value);
  }
  const retryMs = Number(fields.get('retry') ?? Number.NaN);
  return {
    type: fields.get('event') ?? 'message',
    data: fields.get('data') ?? '',
    id: fields.get('id'),
    retryMs: Number.isFinite(retryMs) ? retryMs : undefined,
  };
}
