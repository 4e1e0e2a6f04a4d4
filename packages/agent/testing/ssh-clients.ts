/** Debian's OpenSSH clients, as people use them to look at a job. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SshAddress } from '@quarry/contract';

/** Whether a program is installed here; without it the tests that need it are skipped. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** They refuse to work for a user without a name. */
export const hasClients = hasProgram('ssh-keygen') && spawnSync('ssh', ['-G', 'host']).status === 0;

export interface Ended {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** Somebody with keys, who logs in to clusters. */
export class SshUser implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'quarry-ssh-'));

  /** Makes a key pair; answers the public line and where the private one is. */
  makeKey(name: string, type = 'ed25519', bits?: number): { line: string; path: string } {
    const path = join(this.directory, name);
    const size = bits === undefined ? [] : ['-b', String(bits)];
    execFileSync('ssh-keygen', ['-q', '-t', type, ...size, '-N', '', '-C', `${name}@test`, '-f', path]);
    return { line: readFileSync(`${path}.pub`, 'utf8').trim(), path };
  }

  /** Options for any of the clients, with the cluster's host key as the only one that is believed. */
  options({ host, port, hostKey }: SshAddress, keyPath: string): string[] {
    const known = join(this.directory, `known-${port}`);
    writeFileSync(known, `[${host}]:${port} ${hostKey}\n`);
    const settings = {
      ...{ Port: port, IdentityFile: keyPath, IdentitiesOnly: 'yes', IdentityAgent: 'none' },
      ...{ UserKnownHostsFile: known, GlobalKnownHostsFile: '/dev/null', StrictHostKeyChecking: 'yes' },
      ...{ BatchMode: 'yes', LogLevel: 'ERROR', ConnectTimeout: 20 },
    };
    return [
      '-F',
      '/dev/null',
      ...Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
    ];
  }

  start(address: SshAddress, keyPath: string, args: string[], user = address.username): ChildProcess {
    const line = [...this.options(address, keyPath), ...args];
    const [flags, command] = [
      line.filter((each) => !each.startsWith('\0')),
      line.filter((each) => each.startsWith('\0')),
    ];
    return spawn('ssh', [...flags, `${user}@${address.host}`, ...command.map((each) => each.slice(1))], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: this.directory, LANG: 'C.UTF-8', TERM: 'xterm-256color' },
    });
  }

  /** Runs `ssh` with a command to its end. */
  async exec(
    address: SshAddress,
    keyPath: string,
    command: string | null,
    { flags = [], user, input }: { flags?: string[]; user?: string; input?: string | Buffer } = {},
  ): Promise<Ended> {
    const args = [...flags, ...(command === null ? [] : [`\0${command}`])];
    return ended(this.start(address, keyPath, args, user), input);
  }

  /** Runs `scp`, `sftp` or `rsync` to its end; `ssh -F` and the rest stands in front of the arguments. */
  copy(
    program: 'scp' | 'sftp' | 'rsync',
    address: SshAddress,
    keyPath: string,
    args: string[],
    input = '',
  ): Promise<Ended> {
    const options = this.options(address, keyPath);
    const line = program === 'rsync' ? ['-e', `ssh ${options.join(' ')}`, ...args] : [...options, ...args];
    return ended(
      spawn(program, line, {
        stdio: ['pipe', 'pipe', 'pipe'],
        cwd: this.directory,
        env: { PATH: process.env.PATH, HOME: this.directory, LANG: 'C.UTF-8' },
      }),
      input,
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** All that a program said, and how it ended; `input` null leaves its standard input open. */
export function ended(child: ChildProcess, input: string | Buffer | null = ''): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  child.stdin!.on('error', () => undefined);
  if (input !== null) {
    child.stdin!.end(input);
  }
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...said }));
  });
}
