import { get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface LiveEvent {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: any;
  /** When it arrived, by `performance.now()`. */
  readonly atMs: number;
}

export type LiveQuery = readonly (readonly [name: string, value: string])[];

/** A client of the live feed, as browsers are: it remembers the last id and can connect again with it. */
export class LiveClient {
  readonly events: LiveEvent[] = [];
  lastEventId: string | undefined;
  /** As the server said in `retry`. */
  retryMs: number | undefined;
  status: number | undefined;
  answered: IncomingMessage['headers'] = {};
  /** Of an answer that is no feed. */
  refusal: any;
  private response: IncomingMessage | undefined;
  private text = '';

  constructor(
    private readonly headers: Readonly<Record<string, string>>,
    private readonly query: LiveQuery,
    private readonly onEvent: (event: LiveEvent) => void = () => undefined,
  ) {}

  /** Resolves when the server has answered. A place that was remembered is sent along. */
  async connect(baseUrl: string): Promise<this> {
    const url = new URL('/sensor-data/live', baseUrl);
    for (const [name, value] of this.query) url.searchParams.append(name, value);
    const place = this.lastEventId === undefined ? {} : { 'last-event-id': this.lastEventId };
    const request = get(url, { agent: false, headers: { ...this.headers, ...place } });
    const [response]: IncomingMessage[] = await once(request, 'response');
    request.on('error', () => undefined);
    if (!response) throw new Error('no answer');
    this.status = response.statusCode;
    this.answered = response.headers;
    this.response = response;
    this.text = '';
    response.setEncoding('utf8').on('error', () => undefined);
    if (this.status === 200) response.on('data', (chunk: string) => this.take(chunk));
    else this.refusal = await jsonOf(response);
    return this;
  }

  /** Leaves without a word. */
  disconnect(): void {
    this.response?.destroy();
  }

  /** Takes nothing more, and lets what comes pile up at the server. */
  stopReading(): void {
    this.response?.pause();
  }

  startReading(): void {
    this.response?.resume();
  }

  get isConnected(): boolean {
    return this.response !== undefined && !this.response.destroyed && !this.response.complete;
  }

  of(name: string): readonly LiveEvent[] {
    return this.events.filter(({ event }) => event === name);
  }

  /** All readings that came, in order. */
  readings(): readonly any[] {
    return this.of('reading').flatMap(({ data }) => data);
  }

  async until(isEnough: (client: this) => boolean, withinMs = 10_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!isEnough(this)) {
      if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms`);
      await delay(10);
    }
  }

  private take(chunk: string): void {
    this.text += chunk;
    const blocks = this.text.split('\n\n');
    this.text = blocks.pop() ?? '';
    for (const block of blocks) this.takeBlock(block);
  }

  private takeBlock(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)] as const;
      }),
    );
    const retry = fields.get('retry');
    if (retry !== undefined) this.retryMs = Number(retry);
    const id = fields.get('id');
    if (id !== undefined) this.lastEventId = id;
    const event = {
      event: fields.get('event') ?? 'message',
      id,
      data: JSON.parse(fields.get('data') ?? 'null'),
      atMs: performance.now(),
    };
    this.events.push(event);
    this.onEvent(event);
  }
}

async function jsonOf(response: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return JSON.parse(text);
}
