import { queryOptions } from '@tanstack/react-query';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';

export type Import = components['schemas']['Import'];

export const IMPORTS = ['imports'] as const;
/** While something happens; what is done changes no more. */
const WATCHED_MS = 1000;
export const LISTED_MS = 3000;
const GOING_ON: ReadonlySet<Import['status']> = new Set([
  'awaiting-upload',
  'queued',
  'importing',
  'undoing',
]);

export function isGoingOn({ status }: Pick<Import, 'status'>): boolean {
  return GOING_ON.has(status);
}

export function importQuery(uploadId: string) {
  return queryOptions({
    queryKey: [...IMPORTS, uploadId],
    queryFn: ({ signal }) =>
      body(api.GET('/sensor-data/uploads/{id}', { params: { path: { id: uploadId } }, signal })),
    refetchInterval: ({ state }) =>
      state.data === undefined || isGoingOn(state.data) ? WATCHED_MS : false,
  });
}
