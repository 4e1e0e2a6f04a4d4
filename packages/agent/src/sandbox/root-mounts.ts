/** The root of a sandbox: all of the host but what is hidden, read-only. */
import { readdirSync, readlinkSync } from 'node:fs';
import type { HiddenPlaces } from './hidden-places.ts';

/**
 * How the sandbox gets it. `covered`: the host's root as it is, with something else over what is hidden. That holds as
 * long as the sandbox does; whoever still has a descriptor of `/` when it is gone, from a command that handed it on,
 * sees what was below. `pieced`: put together of what is beside the hidden places, so that those are not there at all.
 * Where namespaces are nested Linux keeps the mounts of the outer one together, or commands run as another user, who has no
 * right to what is ours.
 */
export type RootView = 'covered' | 'pieced';

export function rootArguments(view: RootView, hidden: HiddenPlaces, mounted: readonly string[]): string[] {
  if (view === 'covered') {
    return ['--ro-bind', '/', '/'];
  }
  // What gets a mount of its own later is an empty directory until then.
  const empty = new Set([...hidden.directories, ...mounted]);
  return showBeside('/', { empty, files: new Set(hidden.files) });
}

interface Left {
  empty: ReadonlySet<string>;
  files: ReadonlySet<string>;
}

function showBeside(directory: string, left: Left): string[] {
  const leads = [...left.empty, ...left.files];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = directory === '/' ? `/${entry.name}` : `${directory}/${entry.name}`;
    if (left.empty.has(path)) {
      return makeDirectory(path);
    }
    if (left.files.has(path)) {
      return ['--ro-bind', '/dev/null', path];
    }
    if (entry.isSymbolicLink()) {
      return ['--symlink', readlinkSync(path), path];
    }
    if (entry.isDirectory() && leads.some((each) => each.startsWith(`${path}/`))) {
      return [...makeDirectory(path), ...showBeside(path, left)];
    }
    // It may go before the sandbox comes.
    return ['--ro-bind-try', path, path];
  });
}

function makeDirectory(path: string): string[] {
  return ['--perms', '0755', '--dir', path];
}
