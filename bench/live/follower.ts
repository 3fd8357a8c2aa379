import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const AGAIN_AFTER_MS = 100;

/** A process of the API that clients can connect to. */
export interface Target {
  readonly baseUrl: string;
  /** Told of each reading the first time that a client sees it: its value, and when. */
  readonly onReading: (equipmentId: string, value: number, atMs: number) => void;
}

export interface Following {
  readonly equipmentId: string;
  readonly key: string;
  /** Where to connect, each time. */
  readonly choose: () => Target;
  /** Values are whole numbers below it. */
  readonly values: number;
}

/** A client of a live feed: connects again whenever the feed ends, and goes on behind the last event that it had. */
export class Follower {
  readonly following: Following;
  /** How often each value came. */
  readonly counts: Uint8Array;
  /** How often it was told that the past cannot be told. */
  resyncs = 0;
  private request: ClientRequest | undefined;
  private lastEventId: string | undefined;
  private isOver = false;

  constructor(following: Following) {
    this.following = following;
    this.counts = new Uint8Array(following.values);
  }

  /** Resolves once it is let in. */
  async connect(): Promise<void> {
    while (!this.isOver && !(await this.isLetIn())) await delay(AGAIN_AFTER_MS);
  }

  /** Leaves without a word, and comes back. */
  breakOff(): void {
    this.request?.destroy();
  }

  end(): void {
    this.isOver = true;
    this.breakOff();
  }

  private async isLetIn(): Promise<boolean> {
    const { choose, equipmentId, key } = this.following;
    const target = choose();
    const url = `${target.baseUrl}/sensor-data/live?equipmentId=${equipmentId}`;
    const place = this.lastEventId === undefined ? {} : { 'last-event-id': this.lastEventId };
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.request = get(url, { agent: false, headers: { 'x-api-key': key, ...place } });
    this.request
      .on('error', () => resolve(false))
      .once('response', (response) => {
        const isFeed = response.statusCode === 200;
        if (isFeed) this.read(response, target);
        else response.resume();
        resolve(isFeed);
      });
    return promise;
  }

  private read(response: IncomingMessage, target: Target): void {
    let text = '';
    response.setEncoding('utf8').on('error', () => undefined);
    response.on('data', (chunk: string) => {
      const atMs = performance.now();
      text += chunk;
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) this.take(event, target, atMs);
    });
    response.once('close', () => void this.connect());
  }

  private take(event: string, target: Target, atMs: number): void {
    const fields = new Map(event.split('\n').map(fieldOf));
    this.lastEventId = fields.get('id') ?? this.lastEventId;
    if (fields.get('event') === 'resync') this.resyncs += 1;
    if (fields.get('event') !== 'reading') return;
    const readings = JSON.parse(fields.get('data') ?? '[]') as readonly {
      readonly value: number;
    }[];
    for (const { value } of readings) {
      const before = this.counts[value] ?? 0;
      this.counts[value] = before + 1;
      if (before === 0) target.onReading(this.following.equipmentId, value, atMs);
    }
  }
}

function fieldOf(line: string): readonly [string, string] {
  const colon = line.indexOf(': ');
  return [line.slice(0, colon), line.slice(colon + 2)];
}
