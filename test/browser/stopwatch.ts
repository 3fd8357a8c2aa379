const TRIES = 5;
const BUSY_CPU_MS = 40;

/**
 * The least time of some tries in milliseconds, as if nobody else had used the machine meanwhile. Ends with the first
 * that is within the limit.
 *
 * @param attempt answers how long the work took
 */
export async function leastMs(limitMs: number, attempt: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let tries = 0; tries < TRIES && least > limitMs; tries += 1) {
    const before = shareOfCore();
    const ms = await attempt();
    least = Math.min(least, ms * Math.min(before, shareOfCore()));
  }
  return least;
}

export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** How much of a processor core whoever wants one gets right now: 1 where nobody else does. */
function shareOfCore(): number {
  const startedAt = performance.now();
  const before = process.threadCpuUsage();
  for (;;) {
    const { user, system } = process.threadCpuUsage(before);
    const cpuMs = (user + system) / 1000;
    if (cpuMs >= BUSY_CPU_MS) return Math.min(1, cpuMs / (performance.now() - startedAt));
  }
}
