// Builds what Node runs and what browsers run, side by side: neither needs the other.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuseUnknown } from './arguments.mjs';

refuseUnknown(`Usage: npm run build

Builds everything into dist.`);

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');

rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
const codes = await Promise.all([
  run('nest', ['build', 'api']),
  run(process.execPath, ['apps/console/build.mjs']),
]);
process.exit(codes.every((code) => code === 0) ? 0 : 1);

async function run(command, args) {
  const [code] = await once(spawn(command, args, { cwd: ROOT, stdio: 'inherit' }), 'exit');
  return code;
}
