import { useLocation } from 'wouter';
import { choicesOf } from './choices.ts';
import { drafts } from './drafts.ts';
import type { Import } from './import-queries.ts';

/** For files that are to be read with the choices of an import, once somebody has looked at them. */
export function useChosenAgain({ options }: Import): (files: readonly File[]) => void {
  const [, navigate] = useLocation();
  return (files) =>
    void drafts
      .add(files, choicesOf(options ?? {}))
      .then((id) => id !== undefined && navigate(`/imports/new?file=${id}`));
}
