/** Starts the launcher of a slot in the sandbox that its isolation asks for. */
import { closeSync } from 'node:fs';
import { BASH } from '../process/environment.ts';
import { findProgram } from '../process/programs.ts';
import type { HiddenPlaces } from '../sandbox/hidden-places.ts';
import type { Identity } from '../sandbox/identity.ts';
import type { Isolation } from '../sandbox/kind.ts';
import { mountArguments, type ProcView, type SlotMounts } from '../sandbox/mounts.ts';
import type { RootView } from '../sandbox/root-mounts.ts';
import { openUserNamespace } from '../sandbox/user-namespace.ts';
import { Launcher } from './launcher.ts';

export interface SandboxOptions {
  identity: Identity;
  hidden: HiddenPlaces;
  network: 'host' | 'none';
  mounts: SlotMounts;
}

/** In the user namespace of the sandbox: to make namespaces, to bound them and what commands may do, and to clear shared memory. */
const LAUNCHER_CAPABILITIES = ['SYS_ADMIN', 'SYS_RESOURCE', 'SETPCAP', 'DAC_OVERRIDE', 'FOWNER'];
/** To become another user, once, before any command. */
const CHANGE_USER = ['SETUID', 'SETGID'];

/** Throws when a program is missing or the host refuses; otherwise `ready` of the launcher tells. */
export async function openLauncher(
  isolation: Isolation,
  common: { hold: string; environment: Record<string, string> },
  sandbox: SandboxOptions | null,
): Promise<Launcher> {
  const options = { ...common, isolation, prefix: [] as string[], userNamespace: null, commandIds: null };
  if (isolation === 'none' || sandbox === null) {
    return new Launcher(options);
  }
  const { identity } = sandbox;
  // Where the host's root is shown as it is there is no place for a mount point of ours in it.
  const root = sandbox.mounts.storageDevices.length > 0 ? 'pieced' : 'covered';
  const isRoot = process.getuid!() === 0;
  const commandIds = isRoot ? { uid: identity.uid, gid: identity.gid } : null;
  if (isolation === 'sandbox') {
    const view = { proc: 'own', root: 'pieced' } as const;
    const prefix = bubblewrap(view, keep(isRoot ? CHANGE_USER : []), sandbox);
    return new Launcher({ ...options, prefix, commandIds });
  }
  if (identity.launcherUid === null) {
    const privileges = ['--unshare-user', ...keep(LAUNCHER_CAPABILITIES)];
    const prefix = bubblewrap({ proc: 'own', root }, privileges, sandbox);
    return new Launcher({ ...options, prefix });
  }
  const userNamespace = await openUserNamespace(identity.uid, identity.launcherUid);
  try {
    return new Launcher({
      ...options,
      prefix: bubblewrap({ proc: 'host', root }, keep([]), sandbox),
      userNamespace,
      commandIds,
    });
  } finally {
    closeSync(userNamespace);
  }
}

/** Programs of ours that are started inside of a sandbox. */
export function programsInside(): string[] {
  const perl = findProgram('perl');
  return perl === null ? [BASH] : [BASH, perl];
}

function keep(capabilities: string[]): string[] {
  return ['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', `CAP_${name}`])];
}

function bubblewrap(
  view: { proc: ProcView; root: RootView },
  privileges: string[],
  { hidden, network, mounts }: SandboxOptions,
): string[] {
  const bwrap = findProgram('bwrap');
  if (bwrap === null) {
    throw new Error('the program "bwrap" is missing: install the package "bubblewrap"');
  }
  return [
    ...[bwrap, '--unshare-pid', '--unshare-ipc', '--die-with-parent', '--new-session'],
    ...(network === 'none' ? ['--unshare-net'] : []),
    ...privileges,
    ...mountArguments(hidden, view, mounts),
    ...['--chdir', '/', '--'],
  ];
}
