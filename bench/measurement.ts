import { busySecondsOfCore, cpuSecondsOf, peakRssMibOf } from './cpu-time.ts';
import type { LoadResult } from './load/closed-loop.ts';
import { CORE_UNDER_TEST } from './machine.ts';
import type { Server, Stand } from './stand.ts';

/** One variant in one round. */
export interface Measurement {
  /** Readings acknowledged per second. */
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the process under test, per reading. */
  readonly cpuMicros: number;
  /** Shares of one core, 0 to 1. */
  readonly busy: number;
  readonly sinkBusy: number;
  readonly generatorBusy: number;
  /** Taken from the core under test by everything else on the machine. */
  readonly othersBusy: number;
  readonly peakRssMib: number;
  readonly failed: number;
  /** How many readings shared a write call to the store; NaN without such calls. */
  readonly perCall: number;
  /** How late the generator sent at the 99th percentile; undefined when it waits for answers. */
  readonly lateP99Ms: number | undefined;
}

export interface LoadPlan {
  readonly server: Server;
  readonly readingsPerRequest: number;
  /** Whether acknowledged readings must be in the sink. */
  readonly writes: boolean;
  readonly run: (onEdge: () => void) => Promise<LoadResult & { readonly lateP99Ms?: number }>;
}

/** Runs a load and reads the clocks of the three processes where the measured time begins and ends. */
export async function measure(stand: Stand, plan: LoadPlan): Promise<Measurement> {
  const { server, readingsPerRequest, writes } = plan;
  await stand.sinkClient.reset();
  const edges: CpuSeconds[] = [];
  const result = await plan.run(() => edges.push(cpuSeconds(server, stand)));
  const readings = result.succeeded * readingsPerRequest;
  const perCall = await reconcile(
    stand,
    writes ? result.acknowledgedInAll * readingsPerRequest : 0,
  );
  const [before = NO_TIME, after = NO_TIME] = edges;
  return {
    perSecond: readings / result.seconds,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuMicros: ((after.server - before.server) / readings) * 1e6,
    busy: (after.server - before.server) / result.seconds,
    sinkBusy: (after.sink - before.sink) / result.seconds,
    generatorBusy: (after.generator - before.generator) / result.seconds,
    othersBusy: Math.max(
      0,
      (after.core - before.core - (after.server - before.server)) / result.seconds,
    ),
    peakRssMib: peakRssMibOf(server.child.pid),
    failed: result.failed,
    perCall,
    lateP99Ms: result.lateP99Ms,
  };
}

interface CpuSeconds {
  readonly server: number;
  readonly sink: number;
  readonly generator: number;
  readonly core: number;
}

const NO_TIME: CpuSeconds = { server: 0, sink: 0, generator: 0, core: 0 };

function cpuSeconds(server: Server, stand: Stand): CpuSeconds {
  return {
    server: cpuSecondsOf(server.child.pid),
    sink: cpuSecondsOf(stand.sink.child.pid),
    generator: cpuSecondsOf(process.pid),
    core: busySecondsOfCore(CORE_UNDER_TEST),
  };
}

/** Every reading of a run has a key of its own, so a missing one was acknowledged without being stored. */
async function reconcile(stand: Stand, acknowledged: number): Promise<number> {
  const { readings, calls } = await stand.sinkClient.counts();
  if (readings < acknowledged) {
    throw new Error(`${acknowledged} readings were acknowledged, the sink got ${readings}`);
  }
  return readings / ((calls['PutItem'] ?? 0) + (calls['BatchWriteItem'] ?? 0));
}
