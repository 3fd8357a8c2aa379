import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useMemo, type ReactNode } from 'react';
import type { components } from '#console-api';
import { api, body } from './client.ts';

export type Caller = components['schemas']['Caller'];
type Scope = Caller['scopes'][number];

interface Session {
  readonly caller: Caller;
  readonly may: (scope: Scope) => boolean;
}

const SessionContext = createContext<Session | undefined>(undefined);

const CHECK_MS = 60_000;

export const SESSION_KEY = ['auth', 'me'] as const;

/** Who is logged in, or the problem of asking. A 401 means nobody. */
export function useCallerQuery() {
  return useQuery({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => body(api.GET('/auth/me', { signal })),
    staleTime: Infinity,
    // A page that asks for nothing else must hear of the session's end, too.
    refetchInterval: CHECK_MS,
    refetchOnWindowFocus: 'always',
  });
}

export function SessionProvider({
  caller,
  children,
}: {
  readonly caller: Caller;
  readonly children: ReactNode;
}) {
  const session = useMemo(
    () => ({ caller, may: (scope: Scope) => caller.scopes.includes(scope) }),
    [caller],
  );
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('nobody is logged in');
  return session;
}

/** To call once a cookie was set: asks who it is, and everything on the page again. */
export function useSessionStart(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    const before = client.getQueryData<Caller>(SESSION_KEY);
    const caller = await client.fetchQuery({
      queryKey: SESSION_KEY,
      queryFn: () => body(api.GET('/auth/me')),
      staleTime: 0,
    });
    if (before !== undefined && before.subject !== caller.subject) {
      client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
    }
    await client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
  };
}

/** Basic credentials as of RFC 7617, in UTF-8. */
export function basicCredentials(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}
