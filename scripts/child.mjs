// How scripts start tools: so that a tool ends when its output is closed, without a message about it.
import { spawn } from 'node:child_process';

/**
 * Runs a program to its end and answers its exit status. Its output goes through this process unless a terminal shows
 * it: of tools that run into a closed pipe, many print a stack trace.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 * @returns {Promise<number>}
 */
export function runTool(program, args, options = {}) {
  const output = [process.stdout, process.stderr];
  const shown = output.map(({ isTTY }) => (isTTY ? 'inherit' : 'pipe'));
  const child = spawn(program, args, { ...options, stdio: ['inherit', ...shown] });
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  const kill = () => child.kill();
  for (const stream of output) stream.prependListener('error', kill);
  // A Ctrl-C at a terminal reaches the tool by itself.
  const signals = ['SIGINT', 'SIGTERM'];
  const pass = (signal) =>
    signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal);
  for (const signal of signals) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      if (error.code !== 'ENOENT') return reject(error);
      process.stderr.write(`${program} is not installed: node scripts/make-ready.mjs --tools\n`);
      resolve(1);
    });
    child.once('close', (status) => resolve(status ?? 1));
  }).finally(() => {
    for (const stream of output) stream.off('error', kill);
    for (const signal of signals) process.off(signal, pass);
  });
}
