import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSsh } from '@quarry/sdk';
import { argument, argumentsList, defineCommand, flag, text, texts } from '../../command.ts';
import { CliError, usageError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';

/** A session lasts as long as it lasts, also after Ctrl-C, which is for what runs in it. */
const SESSION_MILLISECONDS = 2 ** 31 - 1;

export default defineCommand({
  details:
    "Uses this machine's `ssh`, and believes the host key that the platform tells. The login lands in the home of the run, " +
    'whose work/ is its directory, and ends when the command of the job ends. Your key must be in your profile ' +
    '(`quarry ssh-keys add`) or in the publicKey of the job. Options behind the first word of the command belong to that. ' +
    'Ends with the exit code of the command. With -L a port of this machine leads to one that a process of the job listens ' +
    'on at localhost. With --json it logs nobody in and says where one would. On Quarry servers only.',
  arguments: {
    job: argument('<job>', 'id of the job'),
    command: argumentsList('[command...]', 'what to run; a shell when absent'),
  },
  options: {
    identity: text('-i, --identity <file>', 'private key, for ssh; otherwise those that ssh finds'),
    forward: texts('-L, --forward <port:host:port>', 'a port here and the one in the job that it leads to'),
    forwardOnly: flag('-N, --forward-only', 'with --forward: no shell and no command, until Ctrl-C'),
  },
  examples: [
    { command: 'quarry jobs ssh abcDEF', says: 'A shell beside the command of the job' },
    { command: 'quarry jobs ssh abcDEF tail -n 3 work/solver.log', says: 'One command' },
    {
      command: 'quarry jobs ssh abcDEF -N -L 8888:localhost:8888',
      says: 'The notebook that the job serves at its port 8888, at http://localhost:8888',
    },
    { command: 'quarry jobs ssh abcDEF --json', says: 'Host, port, user and host key, for programs' },
  ],
  async run(
    { job, command, identity, forward, forwardOnly },
    { sdk, io, signal, settings, allowToEnd },
  ): Promise<JobSsh | { exitCode: number }> {
    if (forwardOnly && (forward.length === 0 || command.length > 0)) {
      throw usageError('--forward-only goes with --forward, and without a command.');
    }
    const way = await sdk.jobs.ssh(job, { signal });
    if (io.json) {
      return way;
    }
    if (way.reason !== null || way.host === null) {
      throw new CliError(
        `Nobody can log in to job ${job}: ${way.reason ?? 'the platform does not say why'}`,
        {
          code: 'no_ssh',
          hint: `See what the job does: quarry jobs show ${job}`,
          exitCode: EXIT.refused,
        },
      );
    }
    if (isLoopback(way.host) && !isLoopback(new URL(sdk.baseUrl).hostname)) {
      const there = `${way.username}@${way.host}`;
      io.warn(
        `The job lets people in from its own host only. Elsewhere go through that host: ssh -J you@${new URL(sdk.baseUrl).hostname} -p ${way.port} ${there}`,
      );
    }
    allowToEnd(SESSION_MILLISECONDS);
    const directory = await mkdtemp(join(tmpdir(), 'quarry-ssh-'));
    try {
      const known = join(directory, 'known_hosts');
      await writeFile(known, `[${way.host}]:${way.port} ${way.hostKey}\n`);
      const args = [
        ...optionsFor(way, known),
        ...(identity === undefined ? [] : ['-i', identity]),
        ...forward.flatMap((ports) => ['-L', ports]),
        ...(forwardOnly ? ['-N'] : []),
      ];
      const line = [...args, `${way.username}@${way.host}`, ...command];
      return { exitCode: await runSsh(line, settings.environment) };
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
  present: () => undefined,
  exitCode: (data) => ('exitCode' in data ? (data.exitCode as 0) : 0),
});

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.') || host === '::1' || host === '[::1]';
}

function optionsFor({ port }: JobSsh, known: string): string[] {
  return [
    ...['-p', String(port), '-o', `UserKnownHostsFile="${known}"`, '-o', 'GlobalKnownHostsFile=/dev/null'],
    ...['-o', 'StrictHostKeyChecking=yes', '-o', 'UpdateHostKeys=no', '-o', 'ForwardAgent=no'],
    ...['-o', 'ExitOnForwardFailure=yes'],
  ];
}

function runSsh(args: readonly string[], environment: Record<string, string | undefined>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', args, { stdio: 'inherit', env: environment });
    // Ctrl-C reaches it too, as one of the same terminal; this process waits for what it makes of that.
    const forward = () => child.kill('SIGTERM');
    process.on('SIGTERM', forward);
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const isMissing = cause.code === 'ENOENT';
      reject(
        new CliError(
          isMissing ? 'There is no ssh on this machine.' : `ssh could not be started: ${cause.message}`,
          {
            code: 'no_ssh_client',
            hint: 'Install the package openssh-client, or log in with another client: quarry jobs ssh <job> --json says where.',
            exitCode: EXIT.unexpected,
            cause,
          },
        ),
      );
    });
    child.on('close', (code, signalName) => {
      process.off('SIGTERM', forward);
      resolve(code ?? (signalName === 'SIGINT' ? EXIT.interrupted : 255));
    });
  });
}
