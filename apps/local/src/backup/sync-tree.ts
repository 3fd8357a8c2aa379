import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes a folder and everything in it durable. Answers the paths of its files, in order. */
export async function syncTree(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => ({
    path: join(entry.parentPath, entry.name),
    isFile: entry.isFile(),
  }));
  for (const { path } of paths) await sync(path);
  await sync(folder);
  return paths
    .filter(({ isFile }) => isFile)
    .map(({ path }) => path)
    .toSorted();
}

/** A file's bytes, or the names in a folder. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
