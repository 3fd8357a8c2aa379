/** The tags of a block's readings as JSON, run-length encoded: `[[60,{"cipId":"CIP_001"}]]`. */
export class TagRuns {
  private readonly runs: { count: number; readonly json: string }[] = [];
  private last: ReadonlyMap<string, string> | undefined;
  /** Readings before the first one with tags; most blocks have no tags at all. */
  private untagged = 0;

  /** What the JSON takes, in bytes; nothing while no reading has tags. */
  bytes = 0;

  add(tags: ReadonlyMap<string, string>): void {
    const run = this.runs.at(-1);
    if (!run && tags.size === 0) this.untagged += 1;
    else if (run && (tags === this.last || run.json === jsonOf(tags))) run.count += 1;
    else this.begin(jsonOf(tags));
    this.last = tags;
  }

  private begin(json: string): void {
    if (this.runs.length === 0 && this.untagged > 0) {
      this.runs.push({ count: this.untagged, json: jsonOf(NO_TAGS) });
    }
    this.runs.push({ count: 1, json });
    this.bytes += bytesOfRun(json);
  }

  /** What the tags of one more reading would add. */
  bytesToAdd(tags: ReadonlyMap<string, string>): number {
    if (tags === this.last || (tags.size === 0 && this.bytes === 0)) return 0;
    return bytesOfRun(jsonOf(tags));
  }

  /** Undefined when no reading has tags. */
  json(): string | undefined {
    if (this.bytes === 0) return undefined;
    return `[${this.runs.map(({ count, json }) => `[${count},${json}]`).join(',')}]`;
  }
}

const NO_TAGS: ReadonlyMap<string, string> = new Map();

function jsonOf(tags: ReadonlyMap<string, string>): string {
  if (tags.size === 0) return '{}';
  return JSON.stringify(Object.fromEntries(tags));
}

/** With brackets, commas and a count of up to four digits. */
function bytesOfRun(json: string): number {
  return Buffer.byteLength(json) + 8;
}

/** One map for each of so many readings; undefined for text that `TagRuns` never made. */
export function readTagRuns(
  json: string,
  count: number,
): readonly ReadonlyMap<string, string>[] | undefined {
  const runs = parsed(json);
  if (!Array.isArray(runs)) return undefined;
  const all: ReadonlyMap<string, string>[] = [];
  for (const run of runs) {
    if (!isRun(run) || all.length + run[0] > count) return undefined;
    const tags = new Map(Object.entries(run[1]));
    for (let times = run[0]; times > 0; times -= 1) all.push(tags);
  }
  return all.length === count ? all : undefined;
}

/** How long the tags are once each reading has its own, as JSON; 0 for text that `TagRuns` never made. */
export function unpackedTagsLength(json: string): number {
  const runs = parsed(json);
  if (!Array.isArray(runs)) return 0;
  return runs
    .filter(isRun)
    .reduce((sum, [count, tags]) => sum + count * JSON.stringify(tags).length, 0);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isRun(run: unknown): run is [number, Record<string, string>] {
  if (!Array.isArray(run) || run.length !== 2) return false;
  const [count, tags]: unknown[] = run;
  if (!Number.isInteger(count) || Number(count) < 1) return false;
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags)) return false;
  return Object.values(tags).every((text) => typeof text === 'string');
}
