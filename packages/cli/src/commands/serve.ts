import { spawn } from 'node:child_process';
import { argumentsList, defineLocalCommand, flag, integer, text } from '../command.ts';
import { findServerProgram, serverEnvironment } from '../server-process.ts';
import { findNpm } from '../started-by.ts';

/** The server takes the time it needs: this process only passes signals on to it. */
const SERVER_MILLISECONDS = 2 ** 31 - 1;

export default defineLocalCommand({
  details:
    'Keeps everything in one data directory and prints its address when it is ready, with the key on a terminal and ' +
    'with the path of its file elsewhere. Other quarry commands on ' +
    'this machine find it by themselves. With --json it prints exactly one line, ' +
    '{"url":…,"apiKey":…,"keyFile":…,"dataDir":…}, and its log goes to standard error. SIGTERM or Ctrl-C end it cleanly; jobs ' +
    'that run go on. Options that stand behind -- go to the server as they are.',
  arguments: { rest: argumentsList('[server-option...]', 'behind --: further options of the server') },
  options: {
    data: text('--data <folder>', 'data directory; ~/.local/share/quarry unless told otherwise'),
    port: integer('--port <n>', 'port; 0 takes a free one', 0),
    host: text('--host <address>', 'address to listen on; 127.0.0.1 unless told otherwise'),
    config: text('--config <file>', 'configuration file (quarry.toml)'),
    standIn: flag(
      '--stand-in',
      'stand in for a larger platform: take its names of things, and grant what this host has not',
    ),
    insecureListen: flag('--insecure-listen', 'listen beyond this machine without TLS: a proxy does it'),
    restored: flag(
      '--restored',
      'the data directory was set back: end the jobs that it tells to be under way',
    ),
  },
  examples: [
    { command: 'quarry serve', says: 'A platform for you, on this machine' },
    { command: 'quarry serve --data /srv/quarry --port 8080', says: 'Where and on which port' },
    { command: 'quarry serve --data "$(mktemp -d)" --port 0 --json', says: 'For a program, as in CI' },
  ],
  async run(
    { rest, data, port, host, config, standIn, insecureListen, restored },
    { io, settings, allowToEnd },
  ) {
    allowToEnd(SERVER_MILLISECONDS);
    const args = ['--data', data ?? settings.defaultDataDirectory, '--build-portal'];
    if (port !== undefined) {
      args.push('--port', String(port));
    }
    if (host !== undefined) {
      args.push('--host', host);
    }
    if (config !== undefined) {
      args.push('--config', config);
    }
    if (standIn) {
      args.push('--stand-in');
    }
    if (insecureListen) {
      args.push('--insecure-listen');
    }
    if (restored) {
      args.push('--restored');
    }
    if (io.json) {
      args.push('--json');
    }
    const npm = settings.environment.npm_command === undefined ? null : findNpm();
    if (npm !== null) {
      args.push('--end-with', String(npm));
    }
    const ended = await becomeServer([findServerProgram('main'), ...args, ...rest], settings.environment);
    return ended;
  },
  exitCode: (code) => code as 0,
});

/** This process becomes the server where the system allows it; elsewhere the server is a child of this process. */
async function becomeServer(
  args: readonly string[],
  environment: Record<string, string | undefined>,
): Promise<number> {
  const full = [...process.execArgv, ...args];
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    const variables = Object.fromEntries(
      Object.entries(serverEnvironment(environment)).filter(([, value]) => value !== undefined),
    );
    silenceExperimentalWarning();
    process.execve(process.execPath, [process.execPath, ...full], variables as Record<string, string>);
  }
  const child = spawn(process.execPath, full, { stdio: 'inherit', env: serverEnvironment(environment) });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** `execve` is young: its notice would be the first thing a newcomer reads. */
function silenceExperimentalWarning(): void {
  process.removeAllListeners('warning');
}
