/** Logging in to a running job, and bytes through that, beside OpenSSH's server on the same host. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasClients, SshUser } from '@quarry/agent/testing/ssh-clients';
import type { SshAddress } from '@quarry/contract';
import { type Platform, startPlatform } from '@quarry/server/testing';
import type { Benchmark, Figure, Row } from './lib/benchmark.ts';
import { clientOf, definition } from './lib/platform.ts';
import { alternate, type Sample, timed } from './lib/samples.ts';
import { hasSshd, serveWithSshd } from './lib/sshd.ts';

const RUNS = 7;
const MIB = 1024 * 1024;
const FILE_MIB = 1024;
/** The same for both: OpenSSH's client would choose another one with its own server. */
const CIPHER = ['-c', 'aes128-gcm@openssh.com'];
const POLL_MS = 20;
const START_MS = 60_000;

interface Side {
  address: SshAddress;
  file: string;
}

export const ssh: Benchmark = {
  name: 'ssh',
  summary: 'a login to a running job, and 1 GiB by cat and scp, beside OpenSSH’s sshd',

  async run({ runs = RUNS, tiny, note }) {
    if (!hasClients) {
      const remark = 'The package openssh-client is not installed: nothing was measured.';
      return { rows: [], figures: [], remarks: [remark] };
    }
    const mib = tiny ? 1 : FILE_MIB;
    using user = new SshUser();
    const key = user.makeKey('mine');
    await using platform = await startPlatform({ environment: { QUARRY_SSH_PORTS: '0' } });
    note('starting a job to log in to');
    const job = await startJob({ platform, user, keyPath: key.path }, key.line, mib);
    await using sshd = hasSshd ? await serveWithSshd(user, key) : null;
    const file = join(user.directory, 'big');
    execFileSync('sh', ['-c', writes(file, mib)]);
    const peer = sshd && { address: sshd.address, file };

    note('logging in');
    const logins = await alternate(tiny ? 1 : runs, {
      ours: () => timed(() => login(user, key.path, job.address)),
      peer: peer ? () => timed(() => login(user, key.path, peer.address)) : undefined,
    });
    note(`carrying ${mib} MiB`);
    const carried = await alternate(tiny ? 1 : Math.min(runs, 3), {
      cat: () => timed(() => cat(user, key.path, job)),
      scp: () => timed(() => scp(user, key.path, job, mib * MIB)),
      peerCat: peer ? () => timed(() => cat(user, key.path, peer)) : undefined,
      peerScp: peer ? () => timed(() => scp(user, key.path, peer, mib * MIB)) : undefined,
    });
    const rows: Row[] = [
      { what: 'login and true', unit: 'ms', ...logins.ours },
      ...rowIf('peer: login and true, sshd', 'ms', logins.peer),
      { what: `cat of ${mib} MiB`, unit: 'ms', ...carried.cat },
      ...rowIf(`peer: cat of ${mib} MiB, sshd`, 'ms', carried.peerCat),
      { what: `scp of ${mib} MiB`, unit: 'ms', ...carried.scp },
      ...rowIf(`peer: scp of ${mib} MiB, sshd`, 'ms', carried.peerScp),
    ];
    const figures: Figure[] = [
      ...ratio('login and true against sshd, medians', logins.ours, logins.peer, { first: 2, final: 1.2 }),
      ...ratio('cat against sshd, medians', carried.cat, carried.peerCat, { first: 3, final: 1.5 }),
      ...ratio('scp against sshd, medians', carried.scp, carried.peerScp, { first: 3, final: 1.5 }),
    ];
    const missing = 'There is no sshd here (Debian: openssh-server): its side is left out.';
    return { rows, figures, remarks: peer ? [] : [missing] };
  },
};

/** A job that has written a file and waits. */
async function startJob(
  { platform, user, keyPath }: { platform: Platform; user: SshUser; keyPath: string },
  publicKey: string,
  mib: number,
): Promise<Side> {
  const client = clientOf(platform);
  const command = `${writes('big', mib)}; touch done; sleep 3600`;
  const { id } = await client.jobs.create({ ...definition(command), publicKey });
  await client.jobs.submit(id);
  for (let left = START_MS; left > 0; left -= POLL_MS) {
    const { host, port, username, hostKey } = await client.jobs.ssh(id);
    if (host !== null && port !== null && username !== null && hostKey !== null) {
      const address = { host, port, username, hostKey };
      const { code } = await user.exec(address, keyPath, 'test -e work/done');
      if (code === 0) {
        return { address, file: 'work/big' };
      }
    }
    await sleep(POLL_MS);
  }
  throw new Error('The job does not start.');
}

function writes(file: string, mib: number): string {
  return `head -c ${mib * MIB} /dev/zero > ${file}`;
}

async function login(user: SshUser, keyPath: string, address: SshAddress): Promise<void> {
  const { code, stderr } = await user.exec(address, keyPath, 'true', { flags: CIPHER });
  if (code !== 0) {
    throw new Error(`The login ended with ${code}: ${stderr}`);
  }
}

async function cat(user: SshUser, keyPath: string, { address, file }: Side): Promise<void> {
  const line = [...user.options(address, keyPath), ...CIPHER, `${address.username}@${address.host}`];
  // Nobody but the client takes the bytes.
  const child = spawn('ssh', [...line, `cat ${file}`], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'close');
  if (code !== 0) {
    throw new Error(`cat ended with ${code}.`);
  }
}

async function scp(user: SshUser, keyPath: string, { address, file }: Side, bytes: number): Promise<void> {
  const from = `${address.username}@${address.host}:${file}`;
  const { code, stderr } = await user.copy('scp', address, keyPath, [...CIPHER, from, 'copy']);
  const copy = join(user.directory, 'copy');
  if (code !== 0 || statSync(copy).size !== bytes) {
    throw new Error(`scp ended with ${code}: ${stderr}`);
  }
  rmSync(copy);
}

function rowIf(what: string, unit: string, sample: Sample | undefined): Row[] {
  return sample === undefined ? [] : [{ what, unit, ...sample }];
}

/** How many times as long it takes. */
function ratio(
  what: string,
  ours: Sample,
  peer: Sample | undefined,
  wanted: Pick<Figure, 'first' | 'final'>,
): Figure[] {
  return peer === undefined
    ? []
    : [{ what, value: ours.median / peer.median, unit: 'x', ...wanted, better: 'lower' }];
}
