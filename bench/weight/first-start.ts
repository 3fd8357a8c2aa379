import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.ts';
import { diskBytesOf } from './data-folder.ts';
import { startByNpm } from './npm-local.ts';

export interface FirstStart {
  readonly coldSeconds: number;
  readonly warmSeconds: number;
  readonly packagesMb: number;
  readonly builtMb: number;
}

/**
 * What a newcomer waits for: clones what is committed, types `npm run local`, and again after Ctrl-C. Packages
 * come from npm's cache where it has them.
 */
export async function measureFirstStart(folder: string): Promise<FirstStart> {
  const clone = join(folder, 'clone');
  const startedAt = performance.now();
  const { status, stderr } = spawnSync('git', ['clone', '--quiet', ROOT, clone], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`git clone: ${stderr}`);
  const cloneSeconds = (performance.now() - startedAt) / 1000;
  const start = { cwd: clone, dataDir: join(folder, 'first-start'), makeReady: true };
  const cold = await startByNpm(start);
  await cold.stop();
  const warm = await startByNpm(start);
  await warm.stop();
  const figures = {
    coldSeconds: cloneSeconds + cold.readyAfterSeconds,
    warmSeconds: warm.readyAfterSeconds,
    packagesMb: megabytesOf(join(clone, 'node_modules')),
    builtMb: megabytesOf(join(clone, 'dist')),
  };
  rmSync(clone, { recursive: true, force: true });
  return figures;
}

/** As `du -m` counts. */
function megabytesOf(path: string): number {
  return diskBytesOf(path) / 2 ** 20;
}
