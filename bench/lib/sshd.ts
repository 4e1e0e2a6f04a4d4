import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { SshUser } from '@quarry/agent/testing/ssh-clients';
import type { SshAddress } from '@quarry/contract';
import { end } from './platform.ts';

const PROGRAM = '/usr/sbin/sshd';
/** Where sshd insists on an empty directory when it is root; gone after each boot where nothing has started it. */
const PRIVSEP_DIRECTORY = '/run/sshd';

/** Whether OpenSSH's server is installed. */
export const hasSshd = existsSync(PROGRAM);

/** OpenSSH's server on the loopback, in a process of ours, which lets this user in with one key. */
export async function serveWithSshd(
  user: SshUser,
  key: { line: string },
): Promise<AsyncDisposable & { address: SshAddress }> {
  const port = await freePort();
  const host = user.makeKey('host');
  const place = join(user.directory, 'sshd');
  await mkdir(place);
  if (process.getuid!() === 0) {
    await mkdir(PRIVSEP_DIRECTORY, { recursive: true });
  }
  await writeFile(join(place, 'keys'), `${key.line}\n`);
  const settings = [
    ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${host.path}`, 'PidFile none'],
    ...[`AuthorizedKeysFile ${join(place, 'keys')}`, 'StrictModes no', 'UsePAM no', 'PermitRootLogin yes'],
    'Subsystem sftp internal-sftp',
  ];
  await writeFile(join(place, 'config'), `${settings.join('\n')}\n`);
  const child = spawn(PROGRAM, ['-D', '-e', '-f', join(place, 'config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await listening(child);
  const [type, encoded] = (await readFile(`${host.path}.pub`, 'utf8')).split(' ');
  return {
    address: { host: '127.0.0.1', port, username: userInfo().username, hostKey: `${type} ${encoded}` },
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** Rejects with what it has said when it ends before. */
function listening(child: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((resolve, reject) => {
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Server listening')) {
        resolve();
      }
    });
    child.on('error', reject);
    child.on('close', () => reject(new Error(`sshd does not come up: ${said.trim()}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
