import { createHash, randomUUID } from 'node:crypto';
import { openSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Objects' bytes as files in `<root>/<bucket>/`. Names come from a hash of the key, so that no key can
 * leave the folder or meet another by letter case, and are never used twice.
 */
export class ObjectFiles {
  constructor(private readonly root: string) {}

  async prepareBucket(bucket: string): Promise<void> {
    await mkdir(this.folder(bucket), { recursive: true, mode: 0o700 });
  }

  async bucketCreatedAt(bucket: string): Promise<Date> {
    return (await stat(this.folder(bucket))).birthtime;
  }

  async createDraft(bucket: string, key: string): Promise<FileDraft> {
    const file = `${createHash('sha256').update(key).digest('hex')}-${randomUUID()}.bin`;
    const handle = await open(join(this.folder(bucket), `${file}.part`), 'wx', 0o600);
    return new FileDraft(this.folder(bucket), file, handle);
  }

  /** A file descriptor, opened at once: after an `await` a newer upload may have removed the file. */
  openNow(bucket: string, file: string): number {
    return openSync(join(this.folder(bucket), file), 'r');
  }

  async remove(bucket: string, file: string): Promise<void> {
    await rm(join(this.folder(bucket), file), { force: true });
  }

  /** Removes what a crash left behind: drafts, and files that no object knows. */
  async sweep(bucket: string, known: ReadonlySet<string>): Promise<void> {
    for (const file of await readdir(this.folder(bucket))) {
      if (!known.has(file)) await this.remove(bucket, file);
    }
  }

  private folder(bucket: string): string {
    return join(this.root, bucket);
  }
}

/** An upload on its way to disk: kept durably, or discarded without a trace. */
export class FileDraft {
  constructor(
    private readonly folder: string,
    /** The name under which it will be kept. */
    readonly file: string,
    private readonly handle: FileHandle,
  ) {}

  async write(bytes: Buffer): Promise<void> {
    await this.handle.writeFile(bytes);
  }

  /** Content and name survive a power cut when this resolves. */
  async keep(): Promise<void> {
    await this.handle.sync();
    await this.handle.close();
    await rename(this.draftPath(), join(this.folder, this.file));
    await syncFolder(this.folder);
  }

  async discard(): Promise<void> {
    await this.handle.close();
    await rm(this.draftPath(), { force: true });
    await rm(join(this.folder, this.file), { force: true });
  }

  private draftPath(): string {
    return join(this.folder, `${this.file}.part`);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
