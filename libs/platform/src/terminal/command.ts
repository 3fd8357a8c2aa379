import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { createInterface } from 'node:readline/promises';

/** A reason not to go on, worded in one line for the person at the terminal: exit code 1. */
export class RefusedError extends Error {
  override readonly name: string = 'RefusedError';
}

/** Arguments that make no sense, in one line: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Command<Options extends ParseArgsOptionsConfig> {
  /** Printed for `--help`; its first line is how the command is typed. */
  readonly usage: string;
  readonly options: Options;
  /** How many arguments without dashes it needs: exactly so many. */
  readonly places: number;
  /** For what is worded: the code of a failure that is no mistake in the arguments. */
  readonly failureCode?: number;
  /** Words for the errors of this command; undefined for a fault of ours. */
  readonly wordsFor?: (error: unknown) => string | undefined;
  /** Answers the exit code. */
  readonly run: (given: Given<Options>) => Promise<number>;
}

export type Given<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Options; allowPositionals: true }>
>;

/** What a process ends with that SIGPIPE killed. */
const READER_GONE = 141;

/** Runs a command of the terminal and ends the process. A user's mistake never prints a stack trace. */
export async function runCommand<const Options extends ParseArgsOptionsConfig>(
  command: Command<Options>,
): Promise<never> {
  // `| head -1` closes the pipe: nobody wants the rest.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => process.exit(READER_GONE));
  }
  process.exit(await exitCodeOf(command));
}

async function exitCodeOf<const Options extends ParseArgsOptionsConfig>(
  command: Command<Options>,
): Promise<number> {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${command.usage}\n`);
    return 0;
  }
  try {
    return await command.run(parsed(command, args));
  } catch (error) {
    process.stderr.write(`${wordsOf(error, command)}\n`);
    return error instanceof UsageError ? 2 : (command.failureCode ?? 1);
  }
}

function parsed<const Options extends ParseArgsOptionsConfig>(
  { options, places, usage }: Command<Options>,
  args: string[],
): Given<Options> {
  const given = orUsageError(() => parseArgs({ args, options, allowPositionals: true }), usage);
  const found = given.positionals.length;
  if (found > places) throw misused(`Unknown argument ${given.positionals[places]}`, usage);
  if (found < places) throw misused('An argument is missing', usage);
  return given;
}

function orUsageError<Result>(parse: () => Result, usage: string): Result {
  try {
    return parse();
  } catch (cause) {
    // Node's first sentence names the argument; the next ones are for the programmer.
    const [fault = ''] = (cause instanceof Error ? cause.message : String(cause)).split(/\.\s/);
    throw misused(fault.replace(/^Unknown option '(.*)'$/u, 'Unknown argument $1'), usage);
  }
}

function misused(fault: string, usage: string): UsageError {
  const [typed] = usage.split('\n');
  return new UsageError(`${fault}. ${typed}`);
}

function wordsOf(error: unknown, { wordsFor }: Pick<Command<{}>, 'wordsFor'>): string {
  if (error instanceof UsageError || error instanceof RefusedError) return error.message;
  const words = wordsFor?.(error);
  if (words !== undefined) return words;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/**
 * Has the person at the terminal confirm what cannot be taken back. Without a terminal it throws
 * RefusedError, which names `--yes`; so does any answer but yes.
 */
export async function confirm(consequences: string, isConfirmed: boolean): Promise<void> {
  if (isConfirmed) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new RefusedError(`${consequences} Say --yes to go on.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${consequences} Go on? (yes/no) `);
    if (!/^y(es)?$/iu.test(answer.trim())) throw new RefusedError('Nothing was changed.');
  } finally {
    terminal.close();
  }
}
