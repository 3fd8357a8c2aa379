import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './documentation.js';

/**
 * A pasted command that fails must fail here, whatever comes after it; a feed that would go on for ever is stopped as
 * Ctrl-C does.
 */
export const STRICT = `set -euo pipefail
curl() {
  if [ -z "\${SECONDS_TO_WATCH:-}" ]; then command curl --fail-with-body "$@"; return; fi
  command curl --fail-with-body --max-time "$SECONDS_TO_WATCH" "$@" || [ $? = 28 ]
}
`;

/** Runs the commands of a page in that folder, as a person would who pastes them; rejects with what they printed. */
export async function pasted(commands: string, folder: string, timeoutMs: number) {
  const path = `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`;
  const env = { PATH: path, HOME: process.env['HOME'] };
  const options = { cwd: folder, env, timeout: timeoutMs };
  const running = promisify(execFile)('bash', ['-c', commands], options);
  return running.catch((error) => {
    error.message = `${error.killed ? 'too slow' : 'failed'} after:\n${error.stdout}\n${error.stderr}`;
    throw error;
  });
}
