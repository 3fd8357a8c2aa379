import {
  MutationObserver,
  useQueries,
  useQueryClient,
  type QueryClient,
} from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { api, body } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { useCallerQuery, useSession } from '../api/session.tsx';
import type { Draft, Wish } from './draft.ts';
import { drafts, type OpenImport } from './drafts.ts';
import { openChoices } from './needs.ts';
import { isAboutChoices, previewQuery } from './preview.ts';

/** The files of this tab. Those that the end of a session stopped go on by themselves after the next login. */
export function useDrafts(): readonly Draft[] {
  const { caller } = useSession();
  const { dataUpdatedAt } = useCallerQuery();
  const client = useQueryClient();
  useEffect(() => drafts.ownedBy(caller.subject), [caller.subject]);
  useEffect(() => {
    if (dataUpdatedAt === 0) return;
    for (const { id, stage } of drafts.list()) {
      const { error } = stage.kind === 'refused' ? stage : {};
      if (error instanceof ApiProblem && error.status === 401) {
        drafts.retry(id, openImportWith(client));
      }
    }
  }, [client, dataUpdatedAt]);
  return useSyncExternalStore(drafts.subscribe, drafts.list);
}

/** Like every change that a page asks for: a session that has ended asks for the password. */
export function openImportWith(client: QueryClient): OpenImport {
  return (wish: Wish) =>
    new MutationObserver(client, {
      mutationFn: (given: Wish) => body(api.POST('/sensor-data/upload-csv', { body: given })),
    }).mutate(wish);
}

export type Readiness = 'looking' | 'open' | 'ready' | 'refused';

/** How far each file is: whether it can be imported as it is understood. */
export function useReadiness(all: readonly Draft[]): ReadonlyMap<number, Readiness> {
  return useQueries({
    queries: all.map(previewQuery),
    combine: (results) =>
      new Map(
        all.map((draft, at) => {
          const { data, error } = results[at] ?? {};
          if (error) return [draft.id, 'refused'] as const;
          if (!data || draft.choices !== draft.settled) return [draft.id, 'looking'] as const;
          if (data instanceof ApiProblem) {
            return [draft.id, isAboutChoices(data) ? 'open' : 'refused'] as const;
          }
          const { needs, fatal } = openChoices(data.preview, draft.choices);
          if (fatal.length > 0) return [draft.id, 'refused'] as const;
          return [draft.id, needs.size > 0 ? 'open' : 'ready'] as const;
        }),
      ),
  });
}
