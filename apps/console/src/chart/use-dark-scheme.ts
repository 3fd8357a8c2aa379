import { useSyncExternalStore } from 'react';

const DARK = matchMedia('(prefers-color-scheme: dark)');

/** Whether the system asks for dark colours, which may change with the time of day. */
export function useDarkScheme(): boolean {
  return useSyncExternalStore(subscribe, () => DARK.matches);
}

function subscribe(listener: () => void): () => void {
  DARK.addEventListener('change', listener);
  return () => DARK.removeEventListener('change', listener);
}
