import { useInfiniteQuery } from '@tanstack/react-query';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** A list that grows by a page when its reader wants more. */
export function useList<T>(
  key: readonly unknown[],
  pageAt: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>,
  refetchInterval: number | false = false,
) {
  const { data, error, refetch, fetchNextPage, hasNextPage } = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => pageAt(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    refetchInterval,
  });
  return {
    items: data?.pages.flatMap(({ items }) => items),
    error: data ? null : error,
    hasMore: hasNextPage,
    more: () => void fetchNextPage(),
    retry: () => void refetch(),
  };
}
