// For scripts that run before anything is installed, on Node 20 too, and take plain words alone. All others use
// libs/platform/src/terminal/command.ts, which says the same.

/** What a process ends with that SIGPIPE killed. */
const READER_GONE = 141;

/**
 * Ends the process for `--help`, with 0, and for an argument that is not known, with 2; from then on also when its
 * output is closed. Call it first.
 *
 * @param {string} usage its first line is how the command is typed
 * @param {{ known?: readonly string[], given?: readonly string[] }} options
 */
export function refuseUnknown(usage, { known = [], given = process.argv.slice(2) } = {}) {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => process.exit(READER_GONE));
  }
  if (given.includes('--help') || given.includes('-h')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  const unknown = given.find((argument) => !known.includes(argument));
  if (unknown === undefined) return;
  process.stderr.write(`Unknown argument ${unknown}. ${usage.split('\n')[0]}\n`);
  process.exit(2);
}
