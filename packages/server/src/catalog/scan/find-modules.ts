import { readdir } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { LOGIN_SHELL_TIMEOUT_MS, MAX_MODULE_DEPTH, MAX_MODULE_DIRECTORIES } from '../limits.ts';
import { runProgram } from './run-program.ts';

/** A module file: `module load` takes `module`. */
export interface FoundModule {
  /** The software's name in small letters, such as `openfoam`. */
  readonly software: string;
  /** Such as `2312-foss-2023a`. */
  readonly version: string;
  readonly module: string;
}

/** Lists the module files under the directories of a MODULEPATH, as `name/version` or `group/name/version`. */
export async function findModules(modulePath: string): Promise<FoundModule[]> {
  const found = new Map<string, FoundModule>();
  let directories = 0;
  const visit = async (root: string, segments: readonly string[]): Promise<void> => {
    directories += 1;
    if (directories > MAX_MODULE_DIRECTORIES) {
      return;
    }
    const entries = await readdir(join(root, ...segments), { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) {
        continue;
      }
      const inner = [...segments, entry.name];
      if (entry.isDirectory()) {
        if (inner.length < MAX_MODULE_DEPTH) {
          await visit(root, inner);
        }
      } else if (segments.length > 0) {
        const module = inner.join('/').replace(/\.lua$/, '');
        const version = entry.name.replace(/\.lua$/, '');
        if (!found.has(module)) {
          found.set(module, { software: segments.at(-1)!.toLowerCase(), version, module });
        }
      }
    }
  };
  for (const root of new Set(modulePath.split(delimiter).filter(isAbsolute))) {
    await visit(root, []);
  }
  return [...found.values()];
}

/**
 * The MODULEPATH of a login shell, for servers that were started without one, such as by systemd. The shell
 * is asked only where environment modules are installed, since a profile may do anything.
 */
export async function askLoginShellForModulePath(
  environment: Readonly<Record<string, string | undefined>>,
  profileDirectory = '/etc/profile.d',
  signal?: AbortSignal,
): Promise<string> {
  const profiles = await readdir(profileDirectory).catch(() => []);
  if (!profiles.some((name) => /modules|lmod/i.test(name))) {
    return '';
  }
  const marker = 'quarry-modulepath=';
  const { output } = await runProgram('bash', ['-lc', `printf '\\n${marker}%s\\n' "$MODULEPATH"`], {
    environment,
    timeoutMs: LOGIN_SHELL_TIMEOUT_MS,
    signal,
  });
  const line = output.split('\n').find((each) => each.startsWith(marker));
  return line?.slice(marker.length) ?? '';
}
