/** What a sandbox shows of the host, as arguments of bubblewrap; later ones lie over earlier ones. */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StorageDeviceMount } from '@quarry/contract';
import { mountPointOf } from '../devices/devices.ts';
import type { HiddenPlaces } from './hidden-places.ts';
import { type RootView, rootArguments } from './root-mounts.ts';

/**
 * What of `/run` software needs: names of hosts, and where NixOS has its programs and drivers. Everything else there
 * is sockets of daemons (systemd, D-Bus, Docker, containerd) that would act for a command outside of its sandbox.
 */
const SHOWN_OF_RUN = [
  '/run/systemd/resolve/resolv.conf',
  '/run/systemd/resolve/stub-resolv.conf',
  '/run/NetworkManager/resolv.conf',
  '/run/resolvconf/resolv.conf',
  '/run/current-system',
  '/run/opengl-driver',
];

export interface SlotMounts {
  /** Holds what the run of the slot may change, and appears as `runsPath`. */
  slotDirectory: string;
  runsPath: string;
  /** Stands for /tmp and /var/tmp: on disk, since scratch files may be larger than memory. */
  scratch: string;
  /** The pipes that commands write to. */
  pipes: string;
  /** Software in hidden places, shown read-only. */
  visiblePaths: readonly string[];
  /** Nodes of devices that the slot has to itself: where they lie, and where they are seen. */
  devices: readonly { source: string; path: string }[];
  /** Storage devices of the job. */
  storageDevices: readonly StorageDeviceMount[];
  /** Texts that stand in the place of files of the host. */
  replaced: readonly { path: string; by: string }[];
}

/** How the sandbox has `/proc`: of its own processes, or the host's, which each run then covers with one of its own. */
export type ProcView = 'own' | 'host';

/** The mounts of a slot's sandbox; `slot` null tries only whether there can be one. */
export function mountArguments(
  hidden: HiddenPlaces,
  { proc, root }: { proc: ProcView; root: RootView },
  slot: SlotMounts | null,
): string[] {
  const run = hiddenRunDirectories();
  return [
    ...rootArguments(root, hidden, ['/dev', '/proc', ...SCRATCH_PATHS, ...run]),
    ...['--dev', '/dev', '--perms', '1777', '--tmpfs', '/dev/shm'],
    ...(slot?.devices ?? []).flatMap(showDevice),
    ...['--remount-ro', '/dev', ...(proc === 'own' ? ['--proc', '/proc'] : ['--bind', '/proc', '/proc'])],
    ...run.flatMap((path) => ['--tmpfs', path]),
    ...SHOWN_OF_RUN.flatMap((path) => ['--ro-bind-try', path, path]),
    ...run.flatMap((path) => ['--remount-ro', path]),
    ...(slot === null
      ? ['--tmpfs', '/tmp', '--tmpfs', '/var/tmp']
      : ['--bind', slot.scratch, '/tmp', '--bind', slot.scratch, '/var/tmp']),
    ...hidden.directories.flatMap((path) => ['--tmpfs', path]),
    ...hidden.files.flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...(slot === null ? [] : makeParents(hidden, slot)),
    ...(slot?.visiblePaths ?? []).flatMap((path) => ['--ro-bind-try', path, path]),
    ...(slot?.storageDevices ?? []).flatMap(({ id, path }) => ['--bind', path, mountPointOf(id)]),
    ...(slot?.replaced ?? []).flatMap(({ path, by }) => ['--ro-bind', by, path]),
    ...(slot === null
      ? []
      : ['--ro-bind', slot.pipes, slot.pipes, '--bind', slot.slotDirectory, slot.runsPath]),
    ...hidden.directories.flatMap((path) => ['--remount-ro', path]),
    ...(root === 'pieced' ? ['--remount-ro', '/'] : []),
  ];
}

/** bubblewrap makes directories for their owner only. */
function showDevice({ source, path }: { source: string; path: string }): string[] {
  return ['--perms', '0755', '--dir', dirname(path), '--dev-bind', source, path];
}

const SCRATCH_PATHS = ['/tmp', '/var/tmp'];

/** Those of some paths that a sandbox would not have without a mount of their own. */
export function findCovered(hidden: HiddenPlaces, paths: readonly string[]): string[] {
  const covered = [...hidden.directories, ...SCRATCH_PATHS];
  return paths.filter((path) => covered.some((directory) => path.startsWith(`${directory}/`)));
}

/**
 * Where a sandbox has other mounts inside its scratch directory, relative to that: their directories must stay there as
 * long as the sandbox does, since a mount ends with the directory that it covers.
 */
export function mountsInScratch(hidden: HiddenPlaces, slot: SlotMounts): string[] {
  const inTmpfs = (path: string) => hidden.directories.some((directory) => path.startsWith(`${directory}/`));
  const others = [slot.runsPath, slot.pipes, ...slot.visiblePaths].filter((path) => !inTmpfs(path));
  return SCRATCH_PATHS.flatMap((scratch) =>
    [...hidden.directories, ...hidden.files, ...others]
      .filter((path) => path.startsWith(`${scratch}/`))
      .map((path) => path.slice(scratch.length + 1)),
  );
}

/** bubblewrap makes the directories on the way to a mount for their owner only, who is not whom commands run as. */
function makeParents(hidden: HiddenPlaces, { runsPath, pipes, visiblePaths }: SlotMounts): string[] {
  const parents = [runsPath, pipes, ...visiblePaths].flatMap((path) => {
    const parts = path.split('/').slice(1, -1);
    return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
  });
  return findCovered(hidden, [...new Set(parents)]).flatMap((parent) => ['--perms', '0755', '--dir', parent]);
}

/** `/run`, and `/var/run` where it is not the same. */
function hiddenRunDirectories(): string[] {
  return ['/run', '/var/run'].filter((path) => {
    try {
      return lstatSync(path).isDirectory() && realpathSync(path) === path;
    } catch {
      return false;
    }
  });
}
