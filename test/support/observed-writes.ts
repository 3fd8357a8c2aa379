import type { Clock } from '@sensorflow/kernel';
import { START_EPOCH_MS, type VirtualTime } from './virtual-time.js';

interface AnOutcome {
  readonly outcome: string;
}

/** One call of a writer, and what became of it. */
export interface ObservedWrite<R, O extends AnOutcome> {
  readonly readings: readonly R[];
  readonly atMs: number;
  readonly atEvent: number;
  answeredMs: number;
  answeredEvent: number;
  answers: number;
  outcomes: readonly O[];
  refusal: unknown;
}

export type AnyObservedWrite = ObservedWrite<unknown, AnOutcome>;

/** Begins a write and notes its answer when it comes. */
export function observeWrite<R, O extends AnOutcome>(
  time: VirtualTime,
  readings: readonly R[],
  answer: Promise<readonly O[]>,
): ObservedWrite<R, O> {
  const write: ObservedWrite<R, O> = {
    readings,
    atMs: time.nowEpochMs(),
    atEvent: time.eventsSoFar,
    answeredMs: Infinity,
    answeredEvent: Infinity,
    answers: 0,
    outcomes: [],
    refusal: undefined,
  };
  void noteAnswer(write, answer, time);
  return write;
}

async function noteAnswer<R, O extends AnOutcome>(
  write: ObservedWrite<R, O>,
  answer: Promise<readonly O[]>,
  time: VirtualTime,
): Promise<void> {
  try {
    write.outcomes = await answer;
  } catch (error) {
    write.refusal = error;
  }
  write.answers += 1;
  write.answeredMs = time.nowEpochMs();
  write.answeredEvent = time.eventsSoFar;
}

/** How many writes got which answer, judged by their first reading. */
export function tally(writes: readonly AnyObservedWrite[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { outcomes, refusal } of writes) {
    const code = refusal instanceof Error && 'code' in refusal ? String(refusal.code) : undefined;
    const name = code ?? outcomes[0]?.outcome ?? 'no answer';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** A refusal is one of two, and comes at once. */
export function refusalViolations({
  refusal,
  atMs,
  answeredMs,
}: AnyObservedWrite): readonly string[] {
  const isKnown =
    refusal instanceof Error &&
    'code' in refusal &&
    (refusal.code === 'overloaded' || refusal.code === 'shutting-down');
  if (!isKnown) return [`G3: refused as ${String(refusal)}`];
  return answeredMs > atMs ? ['G5: a refusal that takes time'] : [];
}

/** Closes the writer at that time, if at all. */
export function closeAt(
  time: VirtualTime,
  closeAfterMs: number | undefined,
  writer: { close(): Promise<void> },
): { closedMs: number | undefined } {
  const seen: { closedMs: number | undefined } = { closedMs: undefined };
  const close = async (clock: Clock) => {
    await writer.close();
    seen.closedMs = clock.nowEpochMs();
  };
  if (closeAfterMs !== undefined) time.after(closeAfterMs, () => void close(time));
  return seen;
}

export function closingViolations(
  closeAfterMs: number | undefined,
  writes: readonly AnyObservedWrite[],
  closedMs: number | undefined,
  budgetMs: number,
): readonly string[] {
  if (closeAfterMs === undefined) return [];
  if (closedMs === undefined) return ['G2: closing never ends'];
  const beganMs = START_EPOCH_MS + closeAfterMs;
  const before = writes.filter(({ refusal }) => refusal === undefined);
  const violations: string[] = [];
  if (before.some(({ atMs }) => atMs > beganMs)) violations.push('G2: admitted while closing');
  if (before.some(({ answeredMs }) => answeredMs > closedMs)) {
    violations.push('G2: closed before the last answer');
  }
  if (closedMs > beganMs + budgetMs) violations.push('G2: closing takes too long');
  return violations;
}
