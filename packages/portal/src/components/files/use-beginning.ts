import { useQuery } from '@tanstack/react-query';
import type { ByteSource } from '../../viewers/byte-source.ts';

/** Enough for the words by which a solver begins, behind what its start scripts say. */
const SIGN_BYTES = 64 * 1024;

/** The first words of a log, by which its solver is known. */
export function useBeginning(source: ByteSource, isEnabled = true) {
  return useQuery({
    queryKey: ['bytes', source.key, 'beginning'],
    queryFn: async ({ signal }) => new TextDecoder().decode((await source.read(0, SIGN_BYTES, signal)).bytes),
    enabled: isEnabled,
    gcTime: 0,
  });
}
