import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROGRAM = fileURLToPath(new URL('./quota.pl', import.meta.url));
/** A look into a file system that is away, as one of the network, may take for ever. */
const WAIT_MS = 20_000;
const run = promisify(execFile);

/** What the program says: `held`, `counted` with bytes, `released`, why nothing is held, or `strange`: of another project. */
export type QuotaAnswer =
  | { is: 'held' | 'released' | 'strange' }
  | { is: 'counted'; bytes: number }
  | { is: 'not held'; why: string };

/** Asks for the quotas of projects of a file system, as quota.pl says. Never rejects: where it cannot, nothing is held. */
export async function askQuota(...args: (string | number)[]): Promise<QuotaAnswer> {
  try {
    const { stdout } = await run('perl', [PROGRAM, ...args.map(String)], {
      timeout: WAIT_MS,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    return readAnswer(stdout.trim());
  } catch (error) {
    return { is: 'not held', why: (error as Error).message };
  }
}

function readAnswer(line: string): QuotaAnswer {
  const counted = /^counted (\d+)$/.exec(line);
  if (counted) {
    return { is: 'counted', bytes: Number(counted[1]) };
  }
  return line === 'held' || line === 'released' || line === 'strange'
    ? { is: line }
    : { is: 'not held', why: line.replace(/^not held /, '') };
}
