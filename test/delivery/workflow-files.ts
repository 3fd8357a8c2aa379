import { load } from 'js-yaml';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../.github/workflows/', import.meta.url));

/** The parts of a GitHub workflow that the policy speaks of. */
export interface Workflow {
  readonly file: string;
  /** As written: comments are part of it. */
  readonly text: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface Job {
  readonly 'runs-on'?: string;
  readonly 'timeout-minutes'?: number;
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly steps?: readonly Step[];
}

export interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

export function workflows(): readonly Workflow[] {
  return readdirSync(FOLDER).map(readWorkflow);
}

function readWorkflow(file: string): Workflow {
  const text = readFileSync(`${FOLDER}${file}`, 'utf8');
  const document: unknown = load(text);
  if (typeof document !== 'object' || document === null) throw new Error(`${file} is empty`);
  return { file, text, ...document } as Workflow;
}

export function jobsOf({ jobs }: Workflow): readonly (Job & { readonly name: string })[] {
  return Object.entries(jobs).map(([name, job]) => Object.assign({ name }, job));
}

export function stepsOf(workflow: Workflow): readonly Step[] {
  return jobsOf(workflow).flatMap(({ steps = [] }) => steps);
}
