import type { QueryClient, QueryKey } from '@tanstack/react-query';

/**
 * Reads anew what is below a key and in sight. What is under way is not given up, or of news that come faster than answers
 * nothing would ever be seen; but its answer may be older than the news, so it is asked for once more behind it.
 */
export async function readAnew(client: QueryClient, queryKey: QueryKey): Promise<void> {
  const queries = client.getQueryCache().findAll({ queryKey });
  await Promise.all(
    queries.map(async (query) => {
      const isUnderWay = query.state.fetchStatus === 'fetching';
      const read = () =>
        client.invalidateQueries({ queryKey: query.queryKey, exact: true }, { cancelRefetch: false });
      await read();
      if (isUnderWay) {
        await read();
      }
    }),
  );
}
