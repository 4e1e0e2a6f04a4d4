import { keepPreviousData, type UseQueryResult, useQuery } from '@tanstack/react-query';
import type { ByteSource } from './byte-source.ts';

interface ReadBytes {
  bytes: Uint8Array;
  size: number;
}

/** The first bytes of a file, as far as a viewer takes them; given up when nobody looks any more. */
export function useBytes(
  source: ByteSource,
  limit: number,
  /** Whether those of the file before stay until these are there, such as of pictures that follow each other. */
  { keepsPrevious = false } = {},
): UseQueryResult<ReadBytes> {
  return useQuery<ReadBytes>({
    queryKey: ['bytes', source.key, limit],
    queryFn: ({ signal }) => source.read(0, limit, signal),
    staleTime: 0,
    gcTime: 0,
    ...(keepsPrevious && { placeholderData: keepPreviousData<ReadBytes> }),
  });
}
