import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { ApiProblem, faultText } from '../api/problem.ts';
import { usePreferences } from '../shell/preferences.tsx';
import type { Choices, FileOptions, Preview } from './choices.ts';
import type { Draft } from './draft.ts';
import { drafts } from './drafts.ts';
import { openChoices, type OpenChoices } from './needs.ts';
import { previewQuery, type Understood } from './preview.ts';
import { firstLines } from './sample-rows.ts';

/** One file, what is understood of it, and how to say more. */
export interface DraftForm {
  readonly draft: Draft;
  readonly choices: Choices;
  readonly preview: Preview;
  /** What the preview was asked with: the choices and what nobody can doubt. */
  readonly options: FileOptions;
  readonly open: OpenChoices;
  /** The first lines as they stand in the file. */
  readonly lines: readonly string[];
  /** Whether the preview is that of the choices as they are now. */
  readonly isCurrent: boolean;
  /** Why the service refuses an option, such as `timezone`. */
  readonly refusalOf: (option: string) => string | undefined;
  readonly choose: (change: Partial<Choices>) => void;
  /** For fields that are typed in: waits for the last key. */
  readonly type: (change: Partial<Choices>) => void;
}

const SHOWN_LINES = 40;

export function useDraftForm(draft: Draft) {
  const { t } = usePreferences();
  const { id, choices, settled, head } = draft;
  const { data: answer, error: failure, refetch } = useQuery(previewQuery(draft));
  const error = answer instanceof ApiProblem ? answer : failure;
  const current = answer instanceof ApiProblem ? undefined : answer;
  // What was understood stays in view while the next answer is on its way, or is a refusal.
  const [last, setLast] = useState<Understood>();
  if (current && current !== last) setLast(current);
  const data = current ?? last;
  const encoding = choices.encoding ?? data?.preview.encoding ?? 'utf-8';
  const lines = useMemo(() => firstLines(head.text, encoding, SHOWN_LINES), [head, encoding]);
  const refusals = error instanceof ApiProblem ? error.faults : [];
  const form: DraftForm | undefined = data && {
    draft,
    choices,
    ...data,
    open: openChoices(data.preview, choices),
    lines,
    isCurrent: current !== undefined && choices === settled,
    refusalOf: (option) => {
      const refusal = refusals.find(({ pointer }) => pointer.split('/')[1] === option);
      return refusal && faultText(refusal, t);
    },
    choose: (change) => drafts.choose(id, change),
    type: (change) => drafts.choose(id, change, true),
  };
  return { form, lines, error, retry: () => void refetch() };
}
