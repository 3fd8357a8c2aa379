import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Credentials, signedHeaders } from './aws-signer.js';

/** What can befall one call that writes readings. */
export const FAULTS = [
  'slow',
  'reset-before-execution',
  'reset-after-execution',
  'error-500',
  'error-503-after-execution',
  'throttled',
  'partial',
  'black-hole',
  'answer-dropped',
  'executed-late',
] as const;
export type Fault = (typeof FAULTS)[number];

const WRITES = new Set(['DynamoDB_20120810.PutItem', 'DynamoDB_20120810.BatchWriteItem']);
/** Longer than the API waits for an answer, so that late execution comes after it gave up. */
const LATE_MS = 1500;

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
}

/** Stands between the API and DynamoDB, and treats a share of the writing calls badly. */
export class FaultProxy {
  /** Share of writing calls that meet a fault; 0 lets everything pass. */
  faultShare = 0;
  /** How far DynamoDB's clock seems to be ahead of this machine's. */
  clockAheadMs = 0;
  /** Refuses every call, reading ones as well. */
  isDown = false;
  readonly met = new Map<Fault, number>();
  private readonly late = new Set<Promise<void>>();

  private constructor(
    private readonly server: Server,
    private readonly target: string,
    private readonly credentials: Credentials,
    private readonly random: () => number,
  ) {}

  static async start(
    target: string,
    credentials: Credentials,
    random: () => number = Math.random,
  ): Promise<FaultProxy> {
    const server = createServer();
    const proxy = new FaultProxy(server, target, credentials, random);
    server.on('request', (request, response) => void proxy.treat(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Resolves when nothing that was put off is still to come. */
  async quiet(): Promise<void> {
    await Promise.all(this.late);
  }

  async close(): Promise<void> {
    await this.quiet();
    this.server.closeAllConnections();
    this.server.close();
  }

  private async treat(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('date', new Date(Date.now() + this.clockAheadMs).toUTCString());
    const body = Buffer.concat(await request.toArray());
    if (this.isDown) return answer(response, 503, error('ServiceUnavailable'));
    const isWrite = WRITES.has(String(request.headers['x-amz-target']));
    const fault = isWrite && this.random() < this.faultShare ? this.pick() : undefined;
    try {
      await this.befall({ request, response, body }, fault);
    } catch {
      response.destroy();
    }
  }

  private pick(): Fault {
    const fault = FAULTS[Math.floor(this.random() * FAULTS.length)] ?? 'slow';
    this.met.set(fault, (this.met.get(fault) ?? 0) + 1);
    return fault;
  }

  private async befall(call: Call, fault: Fault | undefined): Promise<void> {
    switch (fault) {
      case 'slow':
        await delay(20 + this.random() * 200);
        return this.pass(call);
      case 'reset-before-execution':
        return void call.response.socket?.resetAndDestroy();
      case 'reset-after-execution':
        await this.execute(call, call.body);
        return void call.response.socket?.resetAndDestroy();
      case 'error-500':
        return answer(call.response, 500, error('InternalServerError'));
      case 'error-503-after-execution':
        await this.execute(call, call.body);
        return answer(call.response, 503, error('ServiceUnavailable'));
      case 'throttled':
        return answer(call.response, 400, error('ProvisionedThroughputExceededException'));
      case 'partial':
        return this.executePartly(call);
      case 'black-hole':
        return;
      case 'answer-dropped':
        await this.execute(call, call.body);
        return;
      case 'executed-late':
        return this.executeLate(call);
      case undefined:
        return this.pass(call);
    }
  }

  private async pass(call: Call): Promise<void> {
    const { status, text } = await this.execute(call, call.body);
    answer(call.response, status, text);
  }

  /** Signed anew: host, and sometimes body, are others than the API signed. */
  private async execute({ request }: Call, body: Buffer | string) {
    const headers = signedHeaders({
      url: this.target,
      service: 'dynamodb',
      target: String(request.headers['x-amz-target']),
      body: body.toString(),
      credentials: this.credentials,
    });
    const reply = await fetch(this.target, { method: 'POST', headers, body: body.toString() });
    return { status: reply.status, text: await reply.text() };
  }

  /** Executes the first half of a batch and hands the rest back, as DynamoDB does under pressure. */
  private async executePartly(call: Call): Promise<void> {
    const input = JSON.parse(call.body.toString());
    const [[table, puts] = ['', []]] = Object.entries<unknown[]>(input.RequestItems ?? {});
    if (puts.length < 2) return this.pass(call);
    const kept = puts.slice(0, puts.length >> 1);
    const { status, text } = await this.execute(
      call,
      JSON.stringify({ ...input, RequestItems: { [table]: kept } }),
    );
    const unprocessed = { [table]: puts.slice(kept.length) };
    answer(
      call.response,
      status,
      JSON.stringify({ ...JSON.parse(text), UnprocessedItems: unprocessed }),
    );
  }

  /** The caller gets no answer; the write is stored long after it gave up. */
  private executeLate(call: Call): void {
    const landing = delay(LATE_MS)
      .then(async () => this.execute(call, call.body))
      .then(
        () => undefined,
        () => undefined,
      );
    this.late.add(landing);
    void landing.then(() => this.late.delete(landing));
  }
}

function error(name: string): string {
  return JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name });
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
}
