import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';

/** DynamoDB calls of one answer of the API, by what they were for. */
export interface Calls {
  readonly summary: number;
  readonly items: number;
}

/** Stands between the API and its store, passes everything on, and counts. */
export class CallCounter {
  private readonly server = createServer((from, to) => void this.pass(from, to));
  private readonly target: URL;
  private counted = { summary: 0, items: 0 };

  constructor(target: string) {
    this.target = new URL(target);
  }

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  /** What was counted since it was last asked. */
  take(): Calls {
    const calls = this.counted;
    this.counted = { summary: 0, items: 0 };
    return calls;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async pass(from: IncomingMessage, to: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of from) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.count(body.toString());
    const { hostname, port } = this.target;
    const { method, headers, url: path } = from;
    const sent = request({ hostname, port, method, headers, path }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    sent.once('error', () => to.destroy());
    sent.end(body);
  }

  /**
   * Fleet-hours and the mark of closed hours are read for the summary alone; ended sessions are no part of the
   * aggregates.
   */
  private count(body: string): void {
    if (body.includes('"bench-sessions"')) return;
    if (/"(?:fleet#|closing")/.test(body)) this.counted.summary += 1;
    else this.counted.items += 1;
  }
}
