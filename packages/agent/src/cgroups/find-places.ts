/** Where on this host an agent could make cgroups that bound memory: below its own one, and in version 2 beside it. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A directory of the cgroup file system in which cgroups can be made, and the version of its interface. */
export interface CgroupPlace {
  version: 1 | 2;
  directory: string;
}

interface Mount {
  version: 1 | 2;
  /** What of the hierarchy is mounted. */
  root: string;
  mountPoint: string;
  controllers: readonly string[];
}

/** The places of this process, the best first; none where the kernel tells of none. */
export function findPlaces(): CgroupPlace[] {
  try {
    return parsePlaces(read('/proc/self/cgroup'), read('/proc/self/mountinfo'));
  } catch {
    return [];
  }
}

/** Where the cgroup file systems of this host with memory in them are mounted. */
export function findMounts(): CgroupPlace[] {
  try {
    return parseMounts(read('/proc/self/mountinfo'))
      .filter(boundsMemory)
      .map(({ version, mountPoint }) => ({ version, directory: mountPoint }));
  } catch {
    return [];
  }
}

/** The same, from the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`. */
export function parsePlaces(cgroups: string, mountInfo: string): CgroupPlace[] {
  const mounts = parseMounts(mountInfo).filter(boundsMemory);
  return cgroups.split('\n').flatMap((line) => {
    const [, , controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) {
      return [];
    }
    const version = controllers === '' ? 2 : 1;
    if (version === 1 && !controllers.split(',').includes('memory')) {
      return [];
    }
    const mount = mounts.find((each) => each.version === version && isWithin(path, each.root));
    if (mount === undefined) {
      return [];
    }
    const below = path.slice(mount.root === '/' ? 1 : mount.root.length + 1);
    const own = below === '' ? mount.mountPoint : join(mount.mountPoint, below);
    // A cgroup of version 2 that holds processes has no others below it that bound memory, the first of all excepted.
    const directories = version === 2 && own !== mount.mountPoint ? [own, dirname(own)] : [own];
    return directories.map((directory) => ({ version, directory }) as const);
  });
}

/** A place where a process of ours can be moved to: whoever does needs to write to what both cgroups have in common. */
export function refuseUnlessWritable({ directory }: CgroupPlace): void {
  accessSync(join(directory, 'cgroup.procs'), constants.W_OK);
}

function parseMounts(mountInfo: string): Mount[] {
  return mountInfo.split('\n').flatMap((line): Mount[] => {
    const [fields, rest] = line.split(' - ');
    const [, , , root, mountPoint] = (fields ?? '').split(' ');
    const [type, , options] = (rest ?? '').split(' ');
    if (root === undefined || mountPoint === undefined || (type !== 'cgroup' && type !== 'cgroup2')) {
      return [];
    }
    return [
      {
        version: type === 'cgroup2' ? 2 : 1,
        root: decodeOctal(root),
        mountPoint: decodeOctal(mountPoint),
        controllers: (options ?? '').split(','),
      },
    ];
  });
}

function boundsMemory({ version, controllers }: Mount): boolean {
  return version === 2 || controllers.includes('memory');
}

function isWithin(path: string, root: string): boolean {
  return root === '/' || path === root || path.startsWith(`${root}/`);
}

/** The kernel writes blanks and backslashes of paths as three octal digits. */
function decodeOctal(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_all, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}
