import { usePreferences } from '../shell/preferences.tsx';

export type State = 'on-time' | 'late' | 'silent' | 'unknown';

/** Full, half and empty: told apart without colours. */
const SHAPES: Readonly<Record<State, string>> = {
  'on-time': 'M1 6a5 5 0 1 0 10 0A5 5 0 1 0 1 6Z',
  late: 'M6 1a5 5 0 0 0 0 10Z',
  silent: '',
  unknown: 'M4 6a2 2 0 1 0 4 0 2 2 0 1 0-4 0Z',
};

export function StateMark({ state }: { readonly state: State }) {
  const { t } = usePreferences();
  return (
    <span className={`state state-${state}`}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <circle cx="6" cy="6" r="5" fill="none" stroke="currentColor" strokeWidth="1.6" />
        <path d={SHAPES[state]} fill="currentColor" />
      </svg>
      {t(`state.${state}`)}
    </span>
  );
}
