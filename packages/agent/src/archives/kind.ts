export type ArchiveKind = 'zip' | 'tar' | 'single';
export type Compression = 'gzip' | 'bzip2' | 'xz' | 'zstd';

const KINDS: [RegExp, ArchiveKind][] = [
  [/\.zip$/i, 'zip'],
  [/\.(tar|tgz|tbz2?|txz|tzst|tar\.(gz|bz2|xz|zst))$/i, 'tar'],
  [/\.(gz|bz2|xz|zst)$/i, 'single'],
];

/** What the name of a file promises; null when it is no archive that is unpacked. */
export function archiveKind(name: string): ArchiveKind | null {
  return KINDS.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}
