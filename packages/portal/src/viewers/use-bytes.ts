import { useQuery } from '@tanstack/react-query';
import type { ByteSource } from './byte-source.ts';

/** The first bytes of a file, as far as a viewer takes them; given up when nobody looks any more. */
export function useBytes(source: ByteSource, limit: number) {
  return useQuery({
    queryKey: ['bytes', source.key, limit],
    queryFn: ({ signal }) => source.read(0, limit, signal),
    staleTime: 0,
    gcTime: 0,
  });
}
