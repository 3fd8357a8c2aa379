import { queryOptions } from '@tanstack/react-query';
import { api, body } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import {
  optionsOf,
  withoutStaleColumns,
  withProposals,
  type FileOptions,
  type Preview,
} from './choices.ts';
import type { Draft } from './draft.ts';

/** How a file would be read, and the options that say so. */
export interface Understood {
  readonly preview: Preview;
  readonly options: FileOptions;
}

/** The answer to one file and its choices never changes; a refusal is one, too. */
export function previewQuery({ id, file, head, settled }: Draft) {
  return queryOptions({
    queryKey: ['csv-preview', id, file.name, settled],
    queryFn: ({ signal }) =>
      understand(file.name, head.base64, optionsOf(settled), signal).catch(refusalIn),
    staleTime: Infinity,
  });
}

/**
 * Asks twice where it has to: what the choices make of the file, then what becomes of it with everything that the
 * first answer proposes and nobody can doubt.
 */
async function understand(
  fileName: string,
  head: string,
  options: FileOptions,
  signal: AbortSignal,
): Promise<Understood> {
  const ask = (given: FileOptions) =>
    body(api.POST('/sensor-data/csv-preview', { body: { fileName, head, ...given }, signal }));
  const asChosen = await ask(options);
  const current = withoutStaleColumns(options, asChosen);
  const first = current === options ? asChosen : await ask(current);
  const proposed = withProposals(current, first);
  if (JSON.stringify(proposed) === JSON.stringify(current)) return { preview: first, options };
  const second = await ask(proposed);
  const reasons = new Map(first.columns.map(({ key, reasonCode }) => [key, reasonCode]));
  const columns = second.columns.map((column) => ({
    ...column,
    reasonCode: reasons.get(column.key) ?? column.reasonCode,
  }));
  return { preview: { ...second, columns }, options: proposed };
}

function refusalIn(error: unknown): ApiProblem {
  if (error instanceof ApiProblem && error.status === 400) return error;
  throw error;
}

const OF_FILE = new Set(['fileName', 'size', 'head']);

/** Whether another choice mends it; otherwise the file itself is refused. */
export function isAboutChoices({ faults }: ApiProblem): boolean {
  return (
    faults.length > 0 && faults.every(({ pointer }) => !OF_FILE.has(pointer.split('/')[1] ?? ''))
  );
}
