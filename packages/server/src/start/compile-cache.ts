import { mkdirSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { whoElseMayChange } from '../own-path.ts';

/**
 * Lets Node keep what it compiles in a directory of ours, made when it is missing. What lies there is run as it is:
 * without a place that nobody else can write to there is no cache. Where `NODE_COMPILE_CACHE` names one, whoever set it
 * has chosen. Answers why there is none, in words.
 */
export function useCompileCache(directory: string, options: { make: boolean }): string | null {
  if (getCompileCacheDir() !== undefined) {
    return null;
  }
  try {
    if (options.make) {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
    }
    const others = whoElseMayChange(directory);
    if (others !== null) {
      return others;
    }
    return enableCompileCache(directory).message ?? null;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The cache of this process for one that it starts. Told by a variable it holds for the very first module, too; else
 * Node would load its type stripper for that one file, which is a third of an agent's start.
 */
export function compileCacheVariables(): { NODE_COMPILE_CACHE?: string } {
  const directory = getCompileCacheDir();
  // Node names the place of its own version; the variable wants the directory above.
  return directory === undefined ? {} : { NODE_COMPILE_CACHE: dirname(directory) };
}
