import { ImportManifest, type ImportPorts, type ManifestPart } from '@sensorflow/csv-import';
import { instantFromEpochMs } from '@sensorflow/kernel';
import { parseBlockKey, blockKeyText } from '@sensorflow/sensor-data/log/block-key.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { readInstants } from '@sensorflow/sensor-data/log/instants-text.js';
import type { SimulatedUndo, UndoFault } from './simulated-undo.js';

/** What the model of imports and their undo must notice; each is a rule of the log, broken. */
export const PLANTED_UNDO_FAULTS: readonly (readonly [string, UndoFault])[] = [
  ['deletes the blocks of an undone import instead of marking its hours', { undoing: deletes }],
  ['does not fence the manifest', { undoing: unfenced }],
  ['sends blocks before their hours are named', { importing: namedLate }],
  ['takes another start for each run of an import', { importing: startsAnew }],
  ['names no run in the keys of an import', { landing: keyWithoutRun }],
  ['orders rows of an import by the first of their block', { landing: firstRowPlace }],
  ['gives several processes one identity', { source: 'process1' }],
  ['folds by arrival', { landing: stampedOnArrival }],
  ['lets removals hide what is newer', { landing: removesTheFuture }],
  ['keys a removal by its start', { landing: removalKeyedByStart }],
];

function deletes(world: SimulatedUndo): ReturnType<NonNullable<UndoFault['undoing']>> {
  const { store } = world.bench;
  const writeBlocks = async (marks: readonly StoredBlock[]) => {
    for (const { equipmentId, key } of marks) {
      await world.turn();
      const [hour = '', , importId] = key.split('#');
      for (const block of store.all(equipmentId)) {
        if (block.importId === importId && block.key.startsWith(hour)) store.delete(block);
      }
    }
    return marks.map(() => ({ outcome: 'stored' as const, registerTime: instantFromEpochMs(0) }));
  };
  return { readings: { writeBlocks } };
}

class ChangedManifest extends ImportManifest {
  constructor(
    protected readonly manifest: ImportManifest,
    private readonly change: (
      manifest: ImportManifest,
      uploadId: string,
      part: ManifestPart,
    ) => Promise<ManifestPart>,
  ) {
    super();
  }

  override async create(uploadId: string, part: ManifestPart): Promise<ManifestPart> {
    return this.change(this.manifest, uploadId, part);
  }

  override async last(uploadId: string): Promise<ManifestPart | undefined> {
    return this.manifest.last(uploadId);
  }

  override parts(uploadId: string, fromNumber: number): AsyncIterable<ManifestPart> {
    return this.manifest.parts(uploadId, fromNumber);
  }
}

function unfenced(_world: SimulatedUndo, { manifest }: Pick<ImportPorts, 'manifest'>) {
  return { manifest: new ChangedManifest(manifest, async (_manifest, _id, part) => part) };
}

function namedLate(world: SimulatedUndo, { manifest }: Pick<ImportPorts, 'manifest'>) {
  const late = async (to: ImportManifest, uploadId: string, part: ManifestPart) => {
    void (async () => {
      for (let turns = 0; turns < 3; turns += 1) await world.turn();
      await to.create(uploadId, part);
    })().catch(() => undefined);
    return Promise.resolve(part);
  };
  return { manifest: new ChangedManifest(manifest, late) };
}

function startsAnew(world: SimulatedUndo, { imports }: Pick<ImportPorts, 'imports'>) {
  const takeOver: typeof imports.takeOver = async (...args) => {
    const record = await imports.takeOver(...args);
    const startedAt = instantFromEpochMs(world.bench.clock.nowEpochMs());
    return record && { ...record, startedAt };
  };
  return {
    imports: new Proxy(imports, {
      get: (target, name) => (name === 'takeOver' ? takeOver : bound(target, name)),
    }),
  };
}

function bound(target: object, name: string | symbol): unknown {
  const member: unknown = Reflect.get(target, name, target);
  return typeof member === 'function' ? member.bind(target) : member;
}

function keyWithoutRun(_world: SimulatedUndo, block: StoredBlock): StoredBlock {
  const key = parseBlockKey(block.key);
  return key?.part
    ? { ...block, key: blockKeyText({ ...key, part: { ...key.part, run: 1 } }) }
    : block;
}

function firstRowPlace(_world: SimulatedUndo, block: StoredBlock): StoredBlock {
  if (block.places === undefined) return block;
  const [first = ''] = block.places.split(/[ *]/);
  const others = (readInstants(block.instants ?? '') ?? []).length - 1;
  return { ...block, places: others > 0 ? `${first} ${'0 '.repeat(others).trim()}` : first };
}

function stampedOnArrival(world: SimulatedUndo, block: StoredBlock): StoredBlock {
  const key = parseBlockKey(block.key);
  if (!key) return block;
  const epochMicros = world.bench.clock.nowEpochMs() * 1000 + world.landed;
  return { ...block, key: blockKeyText({ ...key, stamp: { ...key.stamp, epochMicros } }) };
}

function removesTheFuture(_world: SimulatedUndo, block: StoredBlock): StoredBlock {
  const key = parseBlockKey(block.key);
  if (!key || !block.removes) return block;
  const epochMicros = key.stamp.epochMicros + 10_000_000;
  return { ...block, key: blockKeyText({ ...key, stamp: { ...key.stamp, epochMicros } }) };
}

function removalKeyedByStart(_world: SimulatedUndo, block: StoredBlock): StoredBlock {
  const key = parseBlockKey(block.key);
  const [lastNs] = readInstants(block.removes?.from ?? '') ?? [];
  return key && lastNs !== undefined ? { ...block, key: blockKeyText({ ...key, lastNs }) } : block;
}
