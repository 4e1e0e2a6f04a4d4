/** The command line of a launching shell: around it the sandbox of a slot, and for its commands what parts them from each other. */
import { closeSync } from 'node:fs';
import { BASH } from '../process/environment.ts';
import { findProgram } from '../process/programs.ts';
import type { Identity } from '../sandbox/identity.ts';
import type { Isolation } from '../sandbox/kind.ts';
import { type HiddenPlaces, mountArguments, type SlotMounts } from '../sandbox/mounts.ts';
import { openUserNamespace } from '../sandbox/user-namespace.ts';
import { FIRST_EXTRA_FD, INIT, type ShellProgram } from './launching-shell.ts';

export interface SandboxOptions {
  identity: Identity;
  hidden: HiddenPlaces;
  network: 'host' | 'none';
  mounts: SlotMounts;
}

/** In the user namespace of the sandbox, what the launching shell needs to make namespaces and to clear shared memory. */
const SHELL_CAPABILITIES = ['SYS_ADMIN', 'SYS_RESOURCE', 'SETPCAP', 'DAC_OVERRIDE', 'FOWNER'];
/** What is needed to become another user, once, before bash. */
const CHANGE_USER = ['SETUID', 'SETGID', 'SETPCAP'];

/** Builds it; throws when a program is missing or the host refuses. `close` is called once the shell has been started. */
export async function shellProgram(
  isolation: Isolation,
  environment: Record<string, string>,
  options: SandboxOptions | null,
): Promise<{ program: ShellProgram; close: () => void }> {
  if (isolation === 'none' || options === null) {
    return {
      program: { prefix: [], bash: BASH, isolation: [], environment, extraFds: [] },
      close: () => undefined,
    };
  }
  const { identity } = options;
  const isRoot = process.getuid!() === 0;
  if (isolation === 'sandbox') {
    const become = isRoot ? [need('setpriv'), ...userArguments(identity), ...NO_CAPABILITIES] : [];
    const prefix = [...bubblewrap('own', isRoot ? keep(CHANGE_USER) : keep([]), options), ...become];
    return {
      program: { prefix, bash: BASH, isolation: [], environment, extraFds: [] },
      close: () => undefined,
    };
  }
  if (identity.launcherUid === null) {
    const prefix = bubblewrap('own', ['--unshare-user', ...keep(SHELL_CAPABILITIES)], options);
    const drop = [need('setpriv'), ...NO_CAPABILITIES];
    return {
      program: { prefix, bash: BASH, isolation: namespaces(drop), environment, extraFds: [] },
      close: () => undefined,
    };
  }
  const fd = await openUserNamespace(identity.uid, identity.launcherUid);
  const enter = [
    ...[need('nsenter'), `--user=/proc/self/fd/${FIRST_EXTRA_FD}`, '--setuid', '0', '--setgid', '0'],
  ];
  return {
    program: {
      prefix: [...bubblewrap('host', keep([]), options), ...enter],
      bash: BASH,
      // Whoever was root and is not any more has lost all capabilities by that.
      isolation: namespaces([], ['--setuid', String(identity.uid), '--setgid', String(identity.gid)]),
      environment,
      extraFds: [fd],
    },
    close: () => closeSync(fd),
  };
}

const NO_CAPABILITIES = ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all'];

function userArguments({ uid, gid }: Identity): string[] {
  return ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
}

function keep(capabilities: string[]): string[] {
  return ['--cap-drop', 'ALL', ...capabilities.flatMap((name) => ['--cap-add', `CAP_${name}`])];
}

function bubblewrap(
  proc: 'own' | 'host',
  privileges: string[],
  { hidden, network, mounts }: SandboxOptions,
): string[] {
  return [
    ...[need('bwrap'), '--unshare-pid', '--unshare-ipc', '--die-with-parent', '--new-session'],
    ...(network === 'none' ? ['--unshare-net'] : []),
    ...privileges,
    ...mountArguments(hidden, proc, mounts),
    ...['--chdir', '/', '--'],
  ];
}

/** A PID and an IPC namespace with a `/proc` of its own for each command, and INIT in it without any capability. */
function namespaces(drop: string[], options: string[] = []): string[] {
  return [
    ...[need('unshare'), '--ipc', '--pid', '--mount-proc', '--fork', '--kill-child', ...options],
    ...[...drop, BASH, '-p', '-c', INIT, 'quarry-init'],
  ];
}

/** Programs of ours that are started inside of a sandbox. */
export function programsInside(): string[] {
  return [BASH, ...['unshare', 'setpriv', 'nsenter', 'env'].flatMap((name) => findProgram(name) ?? [])];
}

function need(name: string): string {
  const path = findProgram(name);
  if (path === null) {
    throw new Error(
      `the program "${name}" is missing: install the package "${name === 'bwrap' ? 'bubblewrap' : 'util-linux'}"`,
    );
  }
  return path;
}
