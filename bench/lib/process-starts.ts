/** How many processes a host starts per second, by the means of others: what no sweep can do without. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

type Program = readonly [string, ...string[]];

/** The command of each run, as a process. */
export const TRIVIAL: Program = ['bash', '-c', 'true'];
/** The same in the sandbox that bubblewrap makes with the mounts that any sandbox of ours has. */
export const TRIVIAL_IN_BUBBLEWRAP: Program = [
  'bwrap',
  ...['--unshare-pid', '--unshare-ipc', '--die-with-parent'],
  ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp'],
  '--',
  ...TRIVIAL,
];

/** Starts per second when Node starts them, `slots` at a time. */
export async function startsByNode(
  [program, ...args]: Program,
  times: number,
  slots: number,
): Promise<number> {
  let started = 0;
  const begin = performance.now();
  const slot = async () => {
    while (started++ < times) {
      await succeed(spawn(program, args, { stdio: 'ignore' }), program);
    }
  };
  await Promise.all(Array.from({ length: slots }, slot));
  return perSecond(times, begin);
}

/** Starts per second when xargs starts them, `slots` at a time. */
export async function startsByXargs(program: Program, times: number, slots: number): Promise<number> {
  const begin = performance.now();
  const child = spawn('xargs', ['-P', String(slots), '-n', '1', ...program], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end('x\n'.repeat(times));
  await succeed(child, 'xargs');
  return perSecond(times, begin);
}

async function succeed(child: ReturnType<typeof spawn>, name: string): Promise<void> {
  const [code] = await once(child, 'exit');
  if (code !== 0) {
    throw new Error(`${name} ended with ${code}.`);
  }
}

function perSecond(times: number, begin: number): number {
  return (times * 1000) / (performance.now() - begin);
}
