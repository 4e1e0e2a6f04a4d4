import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeCgroupsOf } from '@quarry/agent/testing/remove-cgroups';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/** Data directories of tests are new, and have nothing compiled. */
const COMPILE_CACHE = fileURLToPath(new URL('../../../node_modules/.cache/quarry-compile', import.meta.url));
const START_TIMEOUT_MS = 30_000;
const END_TIMEOUT_MS = 10_000;

export interface PlatformOptions {
  /** A data directory of the test's own; a temporary one is made and removed when absent. */
  data?: string;
  /** Cores that jobs may use together; more than the host has lets several jobs run at once. */
  cores?: number;
  sandbox?: 'auto' | 'required' | 'off';
  port?: number;
  /** Further variables for the server's environment. */
  environment?: Record<string, string>;
  /** Further options of the command line. */
  options?: string[];
  /** Text of quarry.toml. */
  config?: string;
  /** Text of catalog/core-types.toml. */
  coreTypes?: string;
  /** A program and its arguments that start the server in their own way; looked at by each start. */
  prefix?: string[];
  /**
   * Agents work beside the data directory, which is not there for them; only root may do that. Where tests do not say, they
   * do so when QUARRY_TEST_AGENTS is `apart`.
   */
  agentsApart?: boolean;
  /** Runs it as this user instead of the test's own, which must be root; see `canServeAs`. */
  user?: number;
}

/** A real server in a process of its own. */
export interface Platform extends AsyncDisposable {
  readonly url: string;
  readonly apiKey: string;
  readonly dataDir: string;
  /** Where agents have the directories of their clusters. */
  readonly clustersDirectory: string;
  readonly pid: number;
  /** Everything the server has said on stderr. */
  log(): string;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  /** Starts again on the same data directory, on the same port unless another is given; 0 takes any. */
  restart(port?: number): Promise<void>;
  /** Calls the API with the owner's key; `body` is sent as JSON. */
  call(method: string, path: string, body?: unknown, key?: string | null): Promise<Answer>;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** The parsed JSON body; undefined when it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever came
  body: any;
}

/** Starts the platform and waits until it says that it is ready. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const base = options.data ? null : await mkdtemp(join(tmpdir(), 'quarry-test-'));
  const data = options.data ?? join(base!, 'data');
  const isApart = options.agentsApart ?? process.env.QUARRY_TEST_AGENTS === 'apart';
  const agentDirectory = isApart ? join(base ?? dirname(data), 'agents') : null;
  const stateDirectory = base ? join(base, 'state') : join(data, '..', 'state');
  const { user } = options;
  const asUser = user === undefined ? {} : { uid: user, gid: user };
  if (base && user !== undefined) {
    await chown(base, user, user);
  }
  const config = (agentDirectory === null ? '' : apart(agentDirectory, data)) + (options.config ?? '');
  if (config !== '') {
    await mkdir(data, { recursive: true, mode: 0o700 });
    await writeFile(join(data, 'quarry.toml'), config);
  }
  if (options.coreTypes !== undefined) {
    await mkdir(join(data, 'catalog'), { recursive: true, mode: 0o700 });
    await writeFile(join(data, 'catalog', 'core-types.toml'), options.coreTypes);
  }
  let log = '';
  let child: ChildProcess;
  let ready: { url: string; apiKey: string; dataDir: string };

  async function start(port: number): Promise<void> {
    const line = ['--data', data, '--port', String(port), '--json', ...(options.options ?? [])];
    const [program, ...rest] = [...(options.prefix ?? []), process.execPath, MAIN, ...line];
    child = spawn(program!, rest, {
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        QUARRY_STATE_DIR: stateDirectory,
        QUARRY_SANDBOX: options.sandbox ?? 'auto',
        ...(options.cores ? { QUARRY_CORES: String(options.cores) } : {}),
        ...(user === undefined ? {} : { HOME: base ?? data }),
        ...options.environment,
      },
      ...asUser,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stderr!.on('data', (chunk) => {
      log += chunk;
    });
    ready = JSON.parse(await firstLine(child, () => log));
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) {
      return child.exitCode;
    }
    child.kill(signal);
    await once(child, 'exit');
    return child.exitCode;
  }

  const endAllAgents = () => {
    endAgents(join(data, 'clusters'));
    if (agentDirectory !== null) {
      endAgents(clustersBelow(agentDirectory));
    }
  };
  /** A test that ran out of time never gets to dispose of its platform. */
  const endAll = () => {
    child.kill('SIGKILL');
    endAllAgents();
  };
  process.on('exit', endAll);
  await start(options.port ?? 0);
  return {
    get url() {
      return ready.url;
    },
    get apiKey() {
      return ready.apiKey;
    },
    dataDir: data,
    get clustersDirectory() {
      return agentDirectory === null ? join(data, 'clusters') : clustersBelow(agentDirectory);
    },
    get pid() {
      return child.pid!;
    },
    log: () => log,
    kill: async () => {
      await end('SIGKILL');
    },
    stop: () => end('SIGTERM'),
    restart: (port = Number(new URL(ready.url).port)) => start(port),
    async call(method, path, body, key = ready.apiKey) {
      const response = await fetch(new URL(path, ready.url), {
        method,
        redirect: 'manual',
        headers: {
          ...(key === null ? {} : { authorization: `Token ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', endAll);
      await end('SIGTERM');
      endAllAgents();
      if (base) {
        await rm(base, { recursive: true, force: true });
      }
    },
  };
}

/** Where the agents of the one platform work that has been given a directory for them. */
function clustersBelow(agentDirectory: string): string {
  const [name = ''] = existsSync(agentDirectory) ? readdirSync(agentDirectory) : [];
  return join(agentDirectory, name, 'clusters');
}

/** Lines of quarry.toml by which agents have a directory of their own, and none of the server's files. */
function apart(agentDirectory: string, data: string): string {
  const hide = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none "$0" && exec "$@"', data];
  return `agent_directory = ${JSON.stringify(agentDirectory)}\nagent_prefix = ${JSON.stringify(hide)}\n`;
}

/** Whether a server can be run as another user here: only root may, and that user must be able to read the program. */
export function canServeAs(user: number): boolean {
  if (process.getuid!() !== 0) {
    return false;
  }
  const looking = spawnSync(process.execPath, ['--check', MAIN], { uid: user, gid: user, cwd: '/' });
  return looking.status === 0;
}

/**
 * Agents and their commands outlive the server by design; a test leaves none behind, not even one that was being
 * started. Synchronous, to be of use when the process exits.
 */
function endAgents(clusters: string): void {
  if (!existsSync(clusters)) {
    return;
  }
  const end = Date.now() + END_TIMEOUT_MS;
  for (let found = processesNaming(`${clusters}/`); found.length > 0 && Date.now() < end; ) {
    for (const pid of found) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    found = processesNaming(`${clusters}/`);
  }
  // Nobody collects what these agents have left.
  let left = readdirSync(clusters);
  while (left.length > 0 && Date.now() < end) {
    left = left.filter((clusterId) => !removeCgroupsOf(clusterId));
  }
}

/** Processes that have a text among their arguments or in their environment. */
function processesNaming(text: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(text);
        } catch {
          return false;
        }
      }),
    );
}

function firstLine(child: ChildProcess, log: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => fail('was not ready in time'), START_TIMEOUT_MS);
    const fail = (what: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`The server ${what}:\n${log()}`));
    };
    child.once('exit', (code) => fail(`ended with code ${code}`));
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.stdout!.on('data', (chunk) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0) {
        return;
      }
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve(text.slice(0, end));
    });
  });
}
