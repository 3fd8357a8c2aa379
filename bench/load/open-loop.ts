import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../statistics.ts';
import type { LoadResult } from './closed-loop.ts';
import { HttpConnection } from './http-connection.ts';
import type { NextRequest } from './requests.ts';

export interface OpenLoop {
  readonly port: number;
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
  readonly requestsOf: (connection: number) => NextRequest;
  readonly onEdge: () => void;
  /** Beyond so many unanswered requests, further ones are sent late. */
  readonly maxConnections?: number;
  readonly onAnswer?: (answer: Answer) => void;
}

/** Instants are `performance.now()`; status and text as `HttpConnection` has them. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly dueAt: number;
  readonly sentAt: number;
  readonly answeredAt: number;
}

export interface OpenLoopResult extends LoadResult {
  /** How late the generator itself sent, at the 99th percentile: part of every latency above. */
  readonly lateP99Ms: number;
}

interface Line {
  readonly connection: HttpConnection;
  readonly next: NextRequest;
  dueAt: number;
  sentAt: number;
}

const DEFAULT_MAX_CONNECTIONS = 512;
const LAST_ANSWERS_MS = 5000;

/**
 * At a steady rate, whatever the server does: a request that is due is sent, and its latency counts
 * from the instant at which it was due. So a stalled server cannot hide the requests it held up.
 */
export function runOpenLoop(load: OpenLoop): Promise<OpenLoopResult> {
  return new OpenLoopRun(load).run();
}

class OpenLoopRun {
  private readonly load: OpenLoop;
  private readonly startedAt = performance.now();
  private readonly idle: Line[] = [];
  private readonly lines: Line[] = [];
  /** Due, but every connection is busy. */
  private readonly waiting: number[] = [];
  private readonly latencies: number[] = [];
  private readonly lateness: number[] = [];
  private sent = 0;
  private answered = 0;
  private acknowledged = 0;
  private failed = 0;

  constructor(load: OpenLoop) {
    this.load = load;
  }

  async run(): Promise<OpenLoopResult> {
    const { warmUpMs, measureMs, onEdge } = this.load;
    await this.sendUntil(this.startedAt + warmUpMs);
    onEdge();
    await this.sendUntil(this.startedAt + warmUpMs + measureMs);
    onEdge();
    const deadline = performance.now() + LAST_ANSWERS_MS;
    while (this.answered < this.sent && performance.now() < deadline) await delay(5);
    for (const { connection } of this.lines) connection.close();
    return {
      succeeded: this.latencies.length,
      failed: this.failed + this.sent - this.answered,
      acknowledgedInAll: this.acknowledged,
      seconds: measureMs / 1000,
      p50Ms: percentile(this.latencies, 0.5),
      p99Ms: percentile(this.latencies, 0.99),
      lateP99Ms: percentile(this.lateness, 0.99),
    };
  }

  private async sendUntil(end: number): Promise<void> {
    const intervalMs = 1000 / this.load.perSecond;
    while (performance.now() < end) {
      const now = performance.now();
      for (
        let due = this.dueAt(intervalMs);
        due <= now && due < end;
        due = this.dueAt(intervalMs)
      ) {
        if (due >= this.startedAt + this.load.warmUpMs) this.lateness.push(now - due);
        this.sent += 1;
        this.dispatch(due);
      }
      await delay(1);
    }
  }

  private dueAt(intervalMs: number): number {
    return this.startedAt + this.sent * intervalMs;
  }

  private dispatch(due: number): void {
    const line = this.idle.pop() ?? this.newLine();
    if (line) this.sendOn(line, due);
    else this.waiting.push(due);
  }

  private sendOn(line: Line, due: number): void {
    line.dueAt = due;
    line.sentAt = performance.now();
    line.connection.send(line.next());
  }

  private newLine(): Line | undefined {
    if (this.lines.length >= (this.load.maxConnections ?? DEFAULT_MAX_CONNECTIONS))
      return undefined;
    const connection = new HttpConnection(this.load.port, (_, status, text) =>
      this.answer(line, status, text),
    );
    const line = { connection, next: this.load.requestsOf(this.lines.length), dueAt: 0, sentAt: 0 };
    this.lines.push(line);
    return line;
  }

  private answer(line: Line, status: number, text: string): void {
    const { dueAt, sentAt } = line;
    const answeredAt = performance.now();
    this.answered += 1;
    const isSuccess = status >= 200 && status < 300;
    if (isSuccess) this.acknowledged += 1;
    else this.failed += 1;
    const isMeasured = dueAt >= this.startedAt + this.load.warmUpMs;
    if (isSuccess && isMeasured) this.latencies.push(answeredAt - dueAt);
    this.load.onAnswer?.({ status, text, dueAt, sentAt, answeredAt });
    const due = this.waiting.shift();
    if (due === undefined) this.idle.push(line);
    else this.sendOn(line, due);
  }
}
