/** So little that noise decides the ratio; quadratic work on the lengths that are tried takes a second. */
const NEGLIGIBLE_MS = 100;
const MAX_RATIO = 3;
const REPETITIONS = 5;

/**
 * Undefined when work on twice the length takes at most three times as long, else what it took. By the
 * CPU time of this thread, because others' work on the machine must not count, and the least of several.
 */
export async function superLinearGrowth(
  work: (length: number) => unknown,
  length: number,
): Promise<string | undefined> {
  if ((await cpuMsOf(() => work(2 * length))) < NEGLIGIBLE_MS) return undefined;
  let [once, twice] = [Infinity, Infinity];
  for (let round = 0; round < REPETITIONS; round += 1) {
    once = Math.min(once, await cpuMsOf(() => work(length)));
    twice = Math.min(twice, await cpuMsOf(() => work(2 * length)));
    if (twice < NEGLIGIBLE_MS || twice <= MAX_RATIO * once) return undefined;
  }
  return `${twice.toFixed()} ms for ${2 * length} characters, ${once.toFixed()} ms for half of them`;
}

async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
