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

/** What a command can be given. */
export interface Arguments<Options extends ParseArgsOptionsConfig> {
  /** Printed for `--help`; its first line is how the command is typed. */
  readonly usage: string;
  readonly options: Options;
  /** How many arguments without dashes it needs: exactly so many. */
  readonly places: number | 'any';
}

export interface Command<Options extends ParseArgsOptionsConfig> extends Arguments<Options> {
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
  process.exit(await exitCodeOf(command, argumentsOrExit(command)));
}

/**
 * What the program was given, for programs that need it before they begin. Ends the process for `--help`, with 0, and
 * for arguments that make no sense, with 2; from now on it also ends quietly when nobody reads what it prints.
 */
export function argumentsOrExit<const Options extends ParseArgsOptionsConfig>(
  accepted: Arguments<Options>,
): Given<Options> {
  endWithoutReader();
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(`${accepted.usage}\n`);
    process.exit(0);
  }
  try {
    return parsed(accepted, args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return process.exit(2);
  }
}

/** `| head -1` closes the pipe: nobody wants the rest. */
function endWithoutReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => process.exit(READER_GONE));
  }
}

async function exitCodeOf<const Options extends ParseArgsOptionsConfig>(
  command: Command<Options>,
  given: Given<Options>,
): Promise<number> {
  try {
    return await command.run(given);
  } catch (error) {
    process.stderr.write(`${wordsOf(error, command)}\n`);
    return error instanceof UsageError ? 2 : (command.failureCode ?? 1);
  }
}

function parsed<const Options extends ParseArgsOptionsConfig>(
  { options, places, usage }: Arguments<Options>,
  args: string[],
): Given<Options> {
  const given = orUsageError(() => parseArgs({ args, options, allowPositionals: true }), usage);
  if (places === 'any') return given;
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

/** For what only the command itself can tell: one line that ends with how it is typed. */
export function misused(fault: string, usage: string): UsageError {
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
    throw new RefusedError(`${consequences} Add --yes to continue.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${consequences} Continue? (yes/no) `);
    if (!/^y(es)?$/iu.test(answer.trim())) throw new RefusedError('Nothing was changed.');
  } finally {
    terminal.close();
  }
}
