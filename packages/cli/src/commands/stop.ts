import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type EmbeddedServer, runningServers } from '@quarry/sdk/node';
import type { Clock } from '../clock.ts';
import { defineLocalCommand, text } from '../command.ts';
import { CliError } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';

/** How long a server may take to end: requests under way come to their end first. */
const END_MILLISECONDS = 30_000;
const LOOK_MILLISECONDS = 50;

export default defineLocalCommand({
  details:
    'Ends a server that this user started on this machine, as Ctrl-C in its terminal would, and waits until it has ended. ' +
    'Jobs that run go on, and the next start takes them up again.',
  options: { data: text('--data <folder>', 'the data directory of the server, where several run') },
  examples: [
    { command: 'quarry stop', says: 'The one that runs here' },
    { command: 'quarry stop --data /srv/quarry', says: 'One of several' },
  ],
  async run({ data }, { settings, clock, signal }) {
    const server = chooseServer((await runningServers(settings.environment)).filter(isServer), data);
    const { url, dataDir, pid } = server;
    try {
      process.kill(pid, 'SIGTERM');
    } catch (cause) {
      throw new CliError(`The server at ${url} (process ${pid}) belongs to another user.`, {
        code: 'permission_denied',
        hint: 'Stop it as that user, or as root; where systemd started it: systemctl stop quarry',
        exitCode: EXIT.permissionDenied,
        cause,
      });
    }
    await waitForEnd(server, clock, signal);
    return { url, dataDir, pid };
  },
  present({ url, dataDir }, io) {
    io.print(`Stopped the server at ${url} (data in ${dataDir}). Jobs that run go on.`);
  },
});

function chooseServer(servers: EmbeddedServer[], data: string | undefined): EmbeddedServer {
  const wanted = data === undefined ? servers : servers.filter(({ dataDir }) => dataDir === resolve(data));
  const [server, ...others] = wanted;
  if (server === undefined) {
    throw new CliError(
      data === undefined ? 'No server runs here for this user.' : `No server runs on ${resolve(data)}.`,
      {
        code: 'not_found',
        hint:
          servers.length > 0
            ? `Those that run: ${servers.map(({ dataDir }) => dataDir).join(', ')}`
            : 'A server of another user is stopped by that user, or by root.',
        exitCode: EXIT.notFound,
      },
    );
  }
  if (others.length > 0) {
    throw new CliError('More than one server runs on this machine.', {
      code: 'usage',
      hint: `Say which one: ${wanted.map(({ dataDir }) => `--data ${dataDir}`).join(' or ')}`,
      exitCode: EXIT.usage,
    });
  }
  return server;
}

/** Whether the process of a note is a server still: its number may be another's by now. */
function isServer({ pid }: EmbeddedServer): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.some((word) => /\/server\/src\/main\.[jt]s$/.test(word));
  } catch {
    return false;
  }
}

async function waitForEnd(server: EmbeddedServer, clock: Clock, signal: AbortSignal): Promise<void> {
  const giveUpAt = clock.now() + END_MILLISECONDS;
  while (isServer(server)) {
    signal.throwIfAborted();
    if (clock.now() > giveUpAt) {
      throw new CliError(`The server at ${server.url} has not ended within ${END_MILLISECONDS / 1000} s.`, {
        code: 'still_running',
        hint: `Its log says what it waits for. "kill -9 ${server.pid}" ends it at once; nothing acknowledged is lost.`,
        exitCode: EXIT.unexpected,
      });
    }
    await clock.sleep(LOOK_MILLISECONDS);
  }
}
