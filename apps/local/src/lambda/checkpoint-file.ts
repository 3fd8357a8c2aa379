import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileDurably } from './write-file-durably.js';

/** How far one shard has been delivered. */
export interface ShardCheckpoint {
  /** The last record that is done; absent when the shard had none. */
  readonly sequenceNumber?: string;
  /** The shard is closed and has been read to its end. */
  readonly isComplete: boolean;
}

export interface StreamCheckpoint {
  readonly streamArn: string;
  readonly shards: Readonly<Record<string, ShardCheckpoint>>;
}

/** Keeps a stream mapping's place in `<dataDir>/checkpoints/<name>.json`. */
export class CheckpointFile {
  private readonly folder: string;
  private readonly path: string;

  constructor(dataDir: string, name: string) {
    this.folder = join(dataDir, 'checkpoints');
    this.path = join(this.folder, `${name}.json`);
  }

  /** Undefined when there is none, or none that can be read: starting over repeats records, but loses none. */
  async load(): Promise<StreamCheckpoint | undefined> {
    try {
      return parseCheckpoint(JSON.parse(await readFile(this.path, 'utf8')));
    } catch (error) {
      if (error instanceof SyntaxError || isMissing(error)) return undefined;
      throw error;
    }
  }

  async save(checkpoint: StreamCheckpoint): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await writeFileDurably(this.path, JSON.stringify(checkpoint));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function parseCheckpoint(text: unknown): StreamCheckpoint | undefined {
  const { streamArn, shards } = fieldsOf(text);
  if (typeof streamArn !== 'string' || typeof shards !== 'object') return undefined;
  const entries = Object.entries(fieldsOf(shards)).map(
    ([shardId, shard]) => [shardId, parseShard(shard)] as const,
  );
  return { streamArn, shards: Object.fromEntries(entries) };
}

function parseShard(shard: unknown): ShardCheckpoint {
  const { sequenceNumber, isComplete } = fieldsOf(shard);
  return {
    ...(typeof sequenceNumber === 'string' && { sequenceNumber }),
    isComplete: isComplete === true,
  };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
