/** The part of V8's CPU profile that self times are made of. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly children?: readonly number[];
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

export interface SelfTime {
  /** The function and its line. */
  readonly place: string;
  /** The package, library of ours, or part of Node that it belongs to. */
  readonly group: string;
  /** The same, but what Node itself did counts for the package that had it done. */
  readonly owner: string;
  readonly micros: number;
}

const IDLE = '(idle)';

/**
 * How long each function ran itself, without what it called, in the last seconds of a profile (what
 * comes before is the start of the process). Idle time is left out.
 */
export function selfTimes(
  profile: CpuProfile,
  root: string,
  lastSeconds: number,
): readonly SelfTime[] {
  const microsById = new Map<number, number>();
  let micros = 0;
  for (
    let index = profile.samples.length - 1;
    micros < lastSeconds * 1e6 && index >= 0;
    index -= 1
  ) {
    const id = profile.samples[index] ?? -1;
    const delta = profile.timeDeltas[index] ?? 0;
    micros += delta;
    microsById.set(id, (microsById.get(id) ?? 0) + delta);
  }
  const parents = parentsOf(profile.nodes);
  return profile.nodes
    .filter(({ callFrame }) => callFrame.functionName !== IDLE)
    .map((node) => ({
      place: placeOf(node.callFrame, root),
      group: groupOf(node.callFrame, root),
      owner: ownerOf(node, parents, root),
      micros: microsById.get(node.id) ?? 0,
    }));
}

function parentsOf(nodes: readonly ProfileNode[]): ReadonlyMap<number, ProfileNode> {
  return new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node])));
}

function ownerOf(
  node: ProfileNode,
  parents: ReadonlyMap<number, ProfileNode>,
  root: string,
): string {
  for (let at: ProfileNode | undefined = node; at; at = parents.get(at.id)) {
    const { url } = at.callFrame;
    if (url !== '' && !url.startsWith('node:')) return groupOf(at.callFrame, root);
  }
  return groupOf(node.callFrame, root);
}

/** The largest shares, as lines of text. */
export function ranking(
  title: string,
  times: readonly SelfTime[],
  nameOf: (time: SelfTime) => string,
  top: number,
): string {
  const total = times.reduce((sum, { micros }) => sum + micros, 0);
  const byName = new Map<string, number>();
  for (const time of times) {
    byName.set(nameOf(time), (byName.get(nameOf(time)) ?? 0) + time.micros);
  }
  const largest = [...byName].sort(([, a], [, b]) => b - a).slice(0, top);
  const lines = largest.map(
    ([name, micros]) => `${((micros / total) * 100).toFixed(1).padStart(5)} %  ${name}`,
  );
  return [`Self time ${title}, of ${(total / 1e6).toFixed(1)} s of CPU:`, ...lines].join('\n');
}

function placeOf(
  { functionName, url, lineNumber }: ProfileNode['callFrame'],
  root: string,
): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  return url === '' ? name : `${name}  ${shortUrl(url, root)}:${lineNumber + 1}`;
}

function groupOf({ functionName, url }: ProfileNode['callFrame'], root: string): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'native code';
  const path = shortUrl(url, root);
  const packageName = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(path)?.[1];
  if (packageName !== undefined) return packageName;
  if (path.startsWith('node:')) return path.split('/').slice(0, 2).join('/');
  return /^dist\/(?:libs|apps)\/[^/]+/.exec(path)?.[0] ?? path;
}

function shortUrl(url: string, root: string): string {
  return url.replace(`file://${root}/`, '').replace(/^file:\/\//, '');
}
