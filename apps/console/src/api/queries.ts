import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiProblem } from './problem.ts';

const MOST_RETRIES = 4;
const LONGEST_WAIT_MS = 15_000;

/** @param onUnauthenticated hears of every 401 when it came, in epoch milliseconds */
export function createQueryClient(onUnauthenticated: (epochMs: number) => void): QueryClient {
  const onError = (error: Error) => {
    if (error instanceof ApiProblem && error.status === 401) onUnauthenticated(Date.now());
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 5000,
        retry: (failures, error) =>
          failures < MOST_RETRIES && error instanceof ApiProblem && error.isTemporary,
        retryDelay: waitBefore,
      },
      mutations: { retry: false },
    },
  });
}

/** As the server asks, else twice as long each time. */
function waitBefore(failures: number, error: Error): number {
  const asked = error instanceof ApiProblem ? error.retryAfterSeconds : undefined;
  return Math.min(LONGEST_WAIT_MS, asked === undefined ? 500 * 2 ** failures : asked * 1000);
}
