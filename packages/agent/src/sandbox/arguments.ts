import { lstatSync, realpathSync } from 'node:fs';

/** What every command of this cluster must not see; paths that do not exist are left out. */
export interface HiddenPlaces {
  directories: string[];
  files: string[];
}

/** Secrets of the host, and sockets through which a command could make a daemon act outside the sandbox. */
const ALWAYS_HIDDEN = [
  '/etc/shadow',
  '/etc/gshadow',
  '/run/docker.sock',
  '/run/containerd',
  '/run/podman',
  '/run/dbus',
  '/run/user',
];

/** Capabilities that installers and archive tools expect of root; none reaches out of the sandbox. */
const ROOT_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID'];

/** Resolves the places to hide once per cluster. */
export function findHiddenPlaces(hiddenPaths: string[]): HiddenPlaces {
  const places: HiddenPlaces = { directories: [], files: [] };
  for (const path of new Set([...hiddenPaths, ...ALWAYS_HIDDEN])) {
    try {
      const real = realpathSync(path);
      if (real !== '/') {
        (lstatSync(real).isDirectory() ? places.directories : places.files).push(real);
      }
    } catch {
      // Not on this host.
    }
  }
  // A directory inside another hidden one is gone with it, and bubblewrap would have to make it first.
  places.directories = places.directories.filter(
    (path) => !places.directories.some((other) => other !== path && path.startsWith(`${other}/`)),
  );
  places.files = places.files.filter(
    (path) => !places.directories.some((directory) => path.startsWith(`${directory}/`)),
  );
  return places;
}

export interface SandboxedCommand {
  /** The run's home, writable. */
  home: string;
  /** Private directory that stands for /tmp and /var/tmp: on disk, since scratch files may be larger than memory. */
  scratch: string;
  workDirectory: string;
  visiblePaths: string[];
}

/** The arguments of bubblewrap before the command itself; later ones lie over earlier ones. */
export function bubblewrapArguments(hidden: HiddenPlaces, run: SandboxedCommand | null): string[] {
  const root = process.getuid?.() === 0;
  return [
    ...['--unshare-pid', '--unshare-ipc', '--die-with-parent', '--new-session'],
    ...(root
      ? ['--cap-drop', 'ALL', ...ROOT_CAPABILITIES.flatMap((name) => ['--cap-add', `CAP_${name}`])]
      : []),
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc'],
    ...(run === null
      ? ['--tmpfs', '/tmp', '--tmpfs', '/var/tmp']
      : ['--bind', run.scratch, '/tmp', '--bind', run.scratch, '/var/tmp']),
    ...hidden.directories.flatMap((path) => ['--tmpfs', path]),
    ...hidden.files.flatMap((path) => ['--ro-bind', '/dev/null', path]),
    ...(run?.visiblePaths ?? []).flatMap((path) => ['--ro-bind-try', path, path]),
    ...(run === null ? [] : ['--bind', run.home, run.home]),
    ...hidden.directories.flatMap((path) => ['--remount-ro', path]),
    ...(run === null ? [] : ['--chdir', run.workDirectory]),
    '--',
  ];
}
