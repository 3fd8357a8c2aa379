import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../statistics.ts';
import { HttpConnection } from './http-connection.ts';
import type { NextRequest } from './requests.ts';

export interface ClosedLoop {
  readonly port: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly requestsOf: (connection: number) => NextRequest;
  /** Called where the measured time begins and ends. */
  readonly onEdge: () => void;
}

export interface LoadResult {
  /** Answered with 2xx within the measured time. */
  readonly succeeded: number;
  /** Answered with anything else, or not at all. */
  readonly failed: number;
  /** The same as `succeeded`, but with the time before and after it: for reconciling with the sink. */
  readonly acknowledgedInAll: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const LAST_ANSWERS_MS = 5000;

/** As fast as the server answers: each connection sends its next request on the answer to its last. */
export async function runClosedLoop(load: ClosedLoop): Promise<LoadResult> {
  const run = new ClosedLoopRun(load);
  run.start();
  await delay(load.warmUpMs);
  run.beginMeasuring();
  load.onEdge();
  const startedAt = performance.now();
  await delay(load.measureMs);
  const seconds = (performance.now() - startedAt) / 1000;
  load.onEdge();
  return run.end(seconds);
}

class ClosedLoopRun {
  private readonly load: ClosedLoop;
  private readonly connections: HttpConnection[] = [];
  private latencies: number[] = [];
  private acknowledged = 0;
  private failed = 0;
  private open = 0;
  private ending = false;

  constructor(load: ClosedLoop) {
    this.load = load;
  }

  start(): void {
    for (let index = 0; index < this.load.connections; index += 1) this.openConnection(index);
  }

  private openConnection(index: number): void {
    const next = this.load.requestsOf(index);
    let sentAt = 0;
    const connection = new HttpConnection(this.load.port, (_, status) => {
      this.open -= 1;
      if (status >= 200 && status < 300) {
        this.acknowledged += 1;
        this.latencies.push(performance.now() - sentAt);
      } else this.failed += 1;
      if (!this.ending) send();
    });
    const send = (): void => {
      this.open += 1;
      sentAt = performance.now();
      connection.send(next());
    };
    this.connections.push(connection);
    send();
  }

  beginMeasuring(): void {
    this.latencies = [];
  }

  async end(seconds: number): Promise<LoadResult> {
    this.ending = true;
    const measured = this.latencies;
    this.latencies = [];
    const deadline = performance.now() + LAST_ANSWERS_MS;
    while (this.open > 0 && performance.now() < deadline) await delay(10);
    for (const connection of this.connections) connection.close();
    return {
      succeeded: measured.length,
      failed: this.failed + this.open,
      acknowledgedInAll: this.acknowledged,
      seconds,
      p50Ms: percentile(measured, 0.5),
      p99Ms: percentile(measured, 0.99),
    };
  }
}
