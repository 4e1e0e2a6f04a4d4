/** The slots of a cluster, with the best sandbox that this host allows. */
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { ClusterFile } from '@quarry/contract';
import { chooseMemoryControl, type MemoryControl } from '../cgroups/choose-control.ts';
import { type DeviceLink, deviceLinks, findDevices, giveDevices } from '../devices/devices.ts';
import { removeTree } from '../files/remove-tree.ts';
import { OPEN_FILES, PROCESSES } from '../limits.ts';
import { LeftoverScanner } from '../process/leftovers.ts';
import { report } from '../report.ts';
import { findHiddenPlaces } from '../sandbox/hidden-places.ts';
import { type Identity, identify } from '../sandbox/identity.ts';
import { chooseSandbox, type Isolation, type SandboxKind } from '../sandbox/kind.ts';
import { CommandSlot, type SlotSite } from './command-slot.ts';
import type { Launch } from './launcher.ts';

export interface Slots {
  slots: CommandSlot[];
  identity: Identity;
  sandbox: SandboxKind;
  deviceLinks: DeviceLink[];
  /** Ids of storage devices of the job that this host does not have. */
  missingDevices: string[];
  /** Whether a run reaches abstract sockets that others have made; see launcher.pl. */
  sharesAbstractSockets: boolean;
  /** Who bounds the memory of runs; null where they have as much as there is. */
  memoryControl: MemoryControl | null;
}

/** Opens them; the sandbox of the first one is up then, and has shown what it can do. */
export async function openSlots(cluster: ClusterFile): Promise<Slots> {
  const { clusterId, directory } = cluster;
  await clearSlots(directory);
  const devices = findDevices(cluster.storageDevices ?? []);
  const common = {
    clusterId,
    directory,
    hidden: findHiddenPlaces(cluster.sandbox.hiddenPaths),
    network: cluster.sandbox.network ?? 'host',
    storageDevices: devices.mounts,
    leftovers: new LeftoverScanner(clusterId),
  } as const;
  const memory = memoryOf(cluster);
  const view = { runsPath: join(directory, 'runs'), visiblePaths: cluster.sandbox.visiblePaths ?? [] };
  const siteFor = (isolation: Isolation): SlotSite => {
    const identity = identify({ isolated: isolation !== 'none' });
    return {
      ...common,
      isolation,
      identity,
      limits: limitsOf(cluster, isolation),
      gpus: cluster.gpus ?? null,
      memory,
      replaced: identity.launcherUid === null ? [] : nameUser(directory, identity),
    };
  };
  let first: CommandSlot | null = null;
  let sharesAbstractSockets = true;
  const sandbox = await chooseSandbox(cluster.sandbox.mode, async (isolation) => {
    const slot = new CommandSlot(1, siteFor(isolation));
    try {
      const { partsAbstractSockets } = await slot.prepare(view);
      sharesAbstractSockets = common.network === 'host' && !partsAbstractSockets;
    } catch (error) {
      await slot.close();
      throw error;
    }
    first = slot;
  });
  const site = siteFor(sandbox.isolation);
  const slots = Array.from({ length: cluster.slots }, (_, index) =>
    index === 0 && first !== null ? first : new CommandSlot(index + 1, site),
  );
  await giveDevices(devices.mounts, site.identity);
  return {
    slots,
    identity: site.identity,
    sandbox,
    deviceLinks: deviceLinks(devices.mounts, sandbox.isolation),
    missingDevices: devices.missing,
    sharesAbstractSockets,
    memoryControl: memory?.control ?? null,
  };
}

function memoryOf({ clusterId, coresPerSlot, limits }: ClusterFile): SlotSite['memory'] {
  const bytes = limits.memoryBytes ?? 0;
  return bytes === 0
    ? null
    : { clusterId, limit: { bytes, cores: coresPerSlot }, control: chooseMemoryControl(clusterId) };
}

/** Removes what the slots of an agent before have left; homes of runs have been brought back. */
async function clearSlots(directory: string): Promise<void> {
  for (const name of ['slots', 'discarded']) {
    const { left } = await removeTree(join(directory, name));
    if (left !== null) {
      report(`Not all that an earlier agent has left in ${name} could be removed: ${left}.`);
    }
  }
}

/** Programs look their user up by number: the files of names get one more line, inside. */
function nameUser(directory: string, { uid, gid, name }: Identity): SlotSite['replaced'] {
  const files = [
    {
      path: '/etc/passwd',
      by: join(directory, 'passwd'),
      line: `${name}:x:${uid}:${gid}:Quarry job:/tmp:/bin/bash`,
    },
    { path: '/etc/group', by: join(directory, 'group'), line: `${name}:x:${gid}:` },
  ];
  return files.flatMap(({ path, by, line }) => {
    try {
      const text = readFileSync(path, 'latin1');
      writeFileSync(by, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`, {
        encoding: 'latin1',
        mode: 0o644,
      });
      return [{ path, by }];
    } catch {
      // A host that keeps its users elsewhere: the user has no name then.
      return [];
    }
  });
}

/**
 * What the commands of one run may use. Linux counts processes per user, and per run only where the run has a user
 * namespace of its own, from version 5.14 on; a bound on all processes of our user would end the wrong ones.
 */
function limitsOf({ limits }: ClusterFile, isolation: Isolation): Launch['limits'] {
  const hard = readHardLimits();
  return {
    openFiles: Math.min(limits.openFiles ?? OPEN_FILES, hard.openFiles),
    processes:
      isolation === 'run' && countsPerNamespace(release())
        ? Math.min(limits.processes ?? PROCESSES, hard.processes)
        : null,
  };
}

export function countsPerNamespace(kernel: string): boolean {
  const [major, minor] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return major! > 5 || (major === 5 && minor! >= 14);
}

function readHardLimits(): { openFiles: number; processes: number } {
  const text = readFileSync('/proc/self/limits', 'latin1');
  const hardOf = (name: string) => {
    const hard = new RegExp(`^${name}\\s+\\S+\\s+(\\S+)`, 'm').exec(text)?.[1];
    return hard === undefined || hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard);
  };
  return { openFiles: hardOf('Max open files'), processes: hardOf('Max processes') };
}
