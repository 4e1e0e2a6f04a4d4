import { isIP } from 'node:net';
import { MAX_CLUSTER_IDLE_MINUTES } from '@quarry/contract';
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

/** One setting: the places where it can be given, what it may be, and the words that explain it to users. */
export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** Its option on the command line, without the dashes. */
  option?: string;
  /** Follows from the key where there is one. */
  variable?: string;
  /** Its key in `quarry.toml`. */
  key?: string;
  schema: Schema;
  /** What holds when it is given nowhere, where that is the same everywhere. */
  default?: z.output<Schema>;
  /** Where it depends on the host, what then holds, in Markdown. */
  otherwise?: string;
  /** One or two sentences in Markdown. */
  meaning: string;
  /** Its value is shown to nobody, not even where it is wrong. */
  isSecret?: boolean;
}

/** Whatever can stand in the file can be a variable, too: its name follows from the key. */
const setting = <Schema extends z.ZodType>(definition: Setting<Schema>): Setting<Schema> => {
  const { key, variable = key && `QUARRY_${key.toUpperCase()}` } = definition;
  return variable === undefined ? definition : { ...definition, variable };
};

const MIB = 1024 ** 2;
const PIB = 1024 ** 5;
/** What Linux allows at most: `PID_MAX_LIMIT`, and the usual bound of `fs.nr_open`. */
const MOST_PROCESSES = 4_194_304;
const MOST_OPEN_FILES = 1_048_576;
/** Ten times what a core type promises is no promise any more. */
const MOST_MEMORY_PERCENT = 1_000;

/** More is a script, which belongs into a file. */
const MOST_PREFIX_WORDS = 100;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const MOST_PORT = 65_535;

/** The first and the last port of a range, both 0 for any. */
export function portsOf(range: string): { firstPort: number; lastPort: number } {
  const [first, last = first] = range.split('-').map(Number);
  return { firstPort: first!, lastPort: last! };
}

/** The last number that a project of a file system can have. */
const LAST_PROJECT = 0xffff_ffff;

/** A range of numbers of projects; null for what is none. */
export function numbersOf(range: string): { first: number; last: number } | null {
  const [, first = 0, last = 0] = (/^([1-9]\d{0,9})-([1-9]\d{0,9})$/.exec(range) ?? []).map(Number);
  return first > 0 && first <= last && last <= LAST_PROJECT ? { first, last } : null;
}

function isPortRange(text: string): boolean {
  const { firstPort, lastPort } = portsOf(text);
  return (
    text === '0' ||
    (/^\d+-\d+$/.test(text) && 0 < firstPort && firstPort <= lastPort && lastPort <= MOST_PORT)
  );
}

/** Everything the server can be told. Reading it and `docs/configuration.md` both follow from this table. */
export const SETTINGS = {
  data: setting({
    option: 'data',
    variable: 'QUARRY_DATA',
    schema: z.string(),
    otherwise: '`~/.local/share/quarry`',
    meaning: 'The data directory, where everything is kept. Made when it does not exist, for its owner only.',
  }),
  config: setting({
    option: 'config',
    variable: 'QUARRY_CONFIG',
    schema: z.string(),
    otherwise: '`quarry.toml` in the data directory, if there is one',
    meaning: 'The configuration file.',
  }),
  restored: setting({
    option: 'restored',
    schema: z.boolean(),
    default: false,
    meaning:
      'Says that the data directory was set back to an earlier state: jobs that it tells to be under way end, and none of them is executed again by itself. A copy is noticed without it; a volume or a machine that was set back as a whole is not.',
  }),
  json: setting({
    option: 'json',
    schema: z.boolean(),
    default: false,
    meaning:
      'Prints one line of JSON when the server is ready: `{"url":…,"apiKey":…,"keyFile":…,"dataDir":…}`. The key is null where systemd keeps what it prints.',
  }),
  endWith: setting({
    option: 'end-with',
    schema: z.int().min(1).max(MOST_PROCESSES),
    otherwise: 'the server ends when it is told to',
    meaning:
      'The number of a process with which the server ends, as after `SIGTERM`. `quarry serve` names the npm or npx that started it, which would leave the server behind.',
  }),
  host: setting({
    option: 'host',
    key: 'host',
    schema: z.string(),
    default: '127.0.0.1',
    meaning:
      'The address to listen on. Anything but this machine itself, which is `localhost` or an address of the loopback (`127.0.0.0/8`, `::1`), needs `trust_proxy` or `insecure_listen`; other names do, wherever they lead.',
  }),
  port: setting({
    option: 'port',
    key: 'port',
    schema: z.int().min(0).max(65_535),
    default: 8080,
    meaning: 'The port to listen on; 0 takes any free one.',
  }),
  publicUrl: setting({
    key: 'public_url',
    schema: z.url({ protocol: /^https?$/ }),
    otherwise: 'taken from each request',
    meaning: 'The address that clients use when a proxy stands in front; links in answers begin with it.',
  }),
  trustProxy: setting({
    key: 'trust_proxy',
    schema: z.boolean(),
    default: false,
    meaning:
      'Whether every request comes through a proxy of yours that does TLS, sets `X-Forwarded-Host` and `X-Forwarded-Proto`, and adds the address of the client to `X-Forwarded-For`.',
  }),
  standIn: setting({
    option: 'stand-in',
    key: 'stand_in',
    schema: z.boolean(),
    default: false,
    meaning:
      'Whether this host stands in for a larger platform, as on a laptop or in CI: core types and software may be called as there, any number of cores and GPUs is granted, and a slot that asks for more than the host has gets all of it. Answers say so in `warnings`.',
  }),
  insecureListen: setting({
    option: 'insecure-listen',
    key: 'insecure_listen',
    schema: z.boolean(),
    default: false,
    meaning: 'Allows to listen beyond this machine without TLS. Keys then travel in the open.',
  }),
  hostNames: setting({
    key: 'host_names',
    schema: z
      .string()
      .regex(/^\s*([A-Za-z0-9_.-]+\s*(,\s*|$))*$/, 'names of hosts without ports, separated by commas'),
    default: '',
    meaning:
      'Further names of this host by which people may sign in with a browser, separated by commas. Its addresses, `localhost`, its own name, and those of `host` and `public_url` go without saying. Requests with a key may name any.',
  }),
  sessionIdleHours: setting({
    key: 'session_idle_hours',
    schema: z
      .int()
      .min(1)
      .max(24 * 30),
    default: LIMITS.sessionIdleHours,
    meaning: 'How many hours a browser stays signed in while nobody uses it.',
  }),
  sessionDays: setting({
    key: 'session_days',
    schema: z.int().min(1).max(90),
    default: LIMITS.sessionDays,
    meaning: 'How many days a browser stays signed in at most.',
  }),
  requestSeconds: setting({
    key: 'request_seconds',
    schema: z.int().min(1).max(3600),
    default: LIMITS.requestSeconds,
    meaning: 'How long the headers of a request, and again a JSON body, may take to arrive.',
  }),
  compress: setting({
    key: 'compress',
    schema: z.boolean(),
    default: true,
    meaning:
      'Whether long JSON answers are compressed (zstd, brotli or gzip) for clients that ask for it. Files never are. Switch it off where a proxy in front does it.',
  }),
  portalFiles: setting({
    key: 'portal_files',
    schema: z.string().startsWith('/', 'the absolute path of a directory'),
    otherwise: 'those of this installation',
    meaning: 'The directory with the built files of the portal: `index.html` and `assets`.',
  }),
  buildsPortal: setting({
    option: 'build-portal',
    schema: z.boolean(),
    default: false,
    meaning:
      'In a clone of the repository, builds the portal in the background when its sources are newer than its files. `quarry serve` says it.',
  }),
  logLevel: setting({
    key: 'log_level',
    schema: z.enum(LOG_LEVELS),
    default: 'info',
    meaning:
      'The least important messages that the log on standard error still has. `info` has a line for each request that changes something or fails, `debug` for every other one and for each run of a task in the background as well.',
  }),
  metricsToken: setting({
    key: 'metrics_token',
    schema: z.string().regex(/^[\x21-\x7e]{16,256}$/, '16 to 256 visible ASCII characters without blanks'),
    otherwise: 'only keys of administrators open `/metrics`',
    isSecret: true,
    meaning:
      'Opens `/metrics`, and nothing else, for who sends it as `Authorization: Bearer <token>`: 16 to 256 visible ASCII characters without blanks, such as `openssl rand -hex 24` prints.',
  }),
  sandbox: setting({
    key: 'sandbox',
    schema: z.enum(['auto', 'required', 'off']),
    default: 'auto',
    meaning:
      '`auto` runs commands in a sandbox when the host allows it, `required` refuses to run them without, `off` never uses it.',
  }),
  sandboxNetwork: setting({
    key: 'sandbox_network',
    schema: z.enum(['host', 'none']),
    default: 'host',
    meaning:
      'What commands in the sandbox see of the network. `host`: all of it, `127.0.0.1` included, since licences, MPI and this API are reached by it; abstract sockets of others only before Linux 6.12. `none`: a loopback of their own and nothing else.',
  }),
  sshListen: setting({
    key: 'ssh_listen',
    schema: z
      .string()
      .refine(
        (text) => text === 'off' || isIP(text) !== 0,
        'an address to listen on, such as 127.0.0.1, or off',
      ),
    default: '127.0.0.1',
    meaning:
      'The address on which running jobs let their owners log in by SSH, or `off`. On the loopback only who is logged in to this host comes that far; `0.0.0.0` is for all who reach it. Keys let in, passwords never do; see [SSH](ssh.md). Counts for jobs that start from then on.',
  }),
  sshPorts: setting({
    key: 'ssh_ports',
    schema: z
      .string()
      .refine(isPortRange, 'two ports such as 22200-22999, the lower one first, or 0 for any'),
    default: '22200-22999',
    meaning:
      'The TCP ports for that, of which each running job takes one; `0` for any that is free. They lie below those that Linux gives to outgoing connections.',
  }),
  agentDirectory: setting({
    key: 'agent_directory',
    schema: z.string().startsWith('/', 'an absolute path'),
    otherwise: 'agents work in the data directory',
    meaning:
      'A directory outside of the data directory in which agents work, such as one on a faster disk. They then share no files with the server: inputs come and outputs go over HTTP, each with its SHA-512 compared ([agents](agents.md)). Counts for jobs that start from then on.',
  }),
  undeliveredHours: setting({
    key: 'undelivered_hours',
    schema: z.int().min(1).max(LIMITS.undeliveredHours),
    default: 72,
    meaning:
      'After how many hours without an answer of the server an agent on a disk of its own leaves, when nothing is executed any more and outputs wait to be delivered: longer than a weekend. What it has stays on its disk, and is brought when a server is back. Counts for jobs that start from then on.',
  }),
  agentPrefix: setting({
    key: 'agent_prefix',
    schema: z.array(z.string().min(1)).min(1).max(MOST_PREFIX_WORDS),
    otherwise: 'agents are started as they are',
    meaning:
      'A program with its arguments, at most 100 words, to start agents by, such as `["/usr/bin/systemd-run", "--scope", "--quiet"]`: it is given the command line of the agent as further arguments and has to become it (`exec`), in the same process.',
  }),
  cores: setting({
    key: 'cores',
    schema: z.int().min(1).max(100_000),
    otherwise: 'the cores of the host',
    meaning: 'The cores that all jobs may use together on this host.',
  }),
  gpus: setting({
    key: 'gpus',
    schema: z.union([z.enum(['auto', 'none']), z.string().startsWith('/')], {
      error: 'must be "auto", "none" or the absolute path of a directory',
    }),
    default: 'auto',
    meaning:
      'The GPUs that jobs may have. `auto`: those of the host, found in `/dev` and by `nvidia-smi`. `none`: none. A directory: those whose nodes lie in it as in `/dev`, or links to them, told apart by the program `nvidia-smi` in it, if there is one ([catalogue](catalogue.md#gpus)).',
  }),
  requiresProject: setting({
    key: 'requires_project',
    schema: z.boolean(),
    default: false,
    meaning: 'Refuses jobs that name no project.',
  }),
  maxJobHours: setting({
    key: 'max_job_hours',
    schema: z
      .int()
      .min(1)
      .max(LIMITS.maxJobHours * 10),
    default: LIMITS.maxJobHours,
    meaning: 'The longest walltime that a job may ask for, in hours. A user may have a limit of their own.',
  }),
  defaultJobHours: setting({
    key: 'default_job_hours',
    schema: z
      .number()
      .positive()
      .max(LIMITS.maxJobHours * 10),
    otherwise: 'the longest walltime of the account',
    meaning:
      'The walltime of jobs that name none, in hours, decimals included. Estimates of their price are for so long, and say that none was given. Without it such jobs may take the longest time there is: whoever sets it lets jobs end by it that ran on before.',
  }),
  storageQuotaProjects: setting({
    key: 'storage_quota_projects',
    schema: z
      .string()
      .refine(
        (text) => text === 'off' || numbersOf(text) !== null,
        'two numbers such as 1900000000-1900099999, the lower one first, or off',
      ),
    default: '1900000000-1900099999',
    meaning:
      'Numbers of projects for the quotas of storage devices, one for each, where the file system of the data directory holds quotas of projects (ext4 and XFS, mounted with `prjquota`) and the server is root; `off` lets sizes be measured. No project of yours there may have one of them.',
  }),
  lostRunDays: setting({
    key: 'lost_run_days',
    schema: z.int().min(0).max(LIMITS.lostRunDays),
    default: 7,
    meaning:
      'How many days the directory of a run is kept whose agent died, so that the run can be resumed there; 0 keeps none. A run that is resumed keeps it until its end.',
  }),
  clusterIdleMinutes: setting({
    key: 'cluster_idle_minutes',
    schema: z.int().min(1).max(MAX_CLUSTER_IDLE_MINUTES),
    default: 30,
    meaning:
      'After how many minutes without a job a persistent cluster ends that was created without `idleMinutes`: long enough to look at the results of one job and submit the next, and not a night of cores that nobody uses.',
  }),
  processesPerRun: setting({
    key: 'processes_per_run',
    schema: z.int().min(16).max(MOST_PROCESSES),
    default: LIMITS.processesPerRun,
    meaning: 'Processes and threads that a run may have at the same time.',
  }),
  memoryLimitPercent: setting({
    key: 'memory_limit_percent',
    schema: z.int().min(0).max(MOST_MEMORY_PERCENT),
    default: 100,
    meaning:
      'How much memory a run may have, in percent of what its core type promises for the cores of a slot; 0 for as much as there is. A run that takes more ends with `out_of_memory`. 100 keeps the promise to all: beyond it, runs that all use what they may can exhaust the host, and one of them is ended that need not be the greediest.',
  }),
  openFilesPerRun: setting({
    key: 'open_files_per_run',
    schema: z.int().min(64).max(MOST_OPEN_FILES),
    default: LIMITS.openFilesPerRun,
    meaning:
      'Files that each process of a run may have open. No more than the server itself may (`ulimit -Hn`, `LimitNOFILE`).',
  }),
  usageSampleSeconds: setting({
    key: 'usage_sample_seconds',
    schema: z.int().min(0).max(LIMITS.usageSampleSeconds),
    default: 10,
    meaning:
      'Seconds between two looks at what each run uses: processors, memory and space on the disk. A run that ends sooner has no series, and what it used in all is known of each. 0 takes none. Jobs that run keep the value they were started with.',
  }),
  logBytes: setting({
    key: 'log_bytes',
    schema: z.int().min(MIB).max(PIB),
    default: LIMITS.logBytes,
    meaning: 'How long the log of a run may become. What comes after is left out, and the log says so.',
  }),
  outputBytesPerRun: setting({
    key: 'output_bytes_per_run',
    schema: z.int().min(0).max(PIB),
    default: LIMITS.outputBytesPerRun,
    meaning:
      'What is kept of the outputs of a run, in bytes together; 0 for as much as the disk takes. Counted when the run has ended: in the order of their names, those that no longer fit are left out and told. While a run goes on, only the disk bounds what it writes.',
  }),
  outputFileBytes: setting({
    key: 'output_file_bytes',
    schema: z.int().min(0).max(LIMITS.uploadBytes),
    default: LIMITS.outputFileBytes,
    meaning:
      'The longest output file that is kept, in bytes, holes included: all of it is read to be hashed, 1 TiB in about half an hour.',
  }),
  stateDirectory: setting({
    variable: 'QUARRY_STATE_DIR',
    schema: z.string(),
    otherwise: '`quarry` in `$XDG_STATE_HOME`, or `~/.local/state/quarry`',
    meaning: 'Where a running server leaves a note, so that the command line on this machine finds it.',
  }),
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export type SettingValue<Name extends SettingName> = z.output<(typeof SETTINGS)[Name]['schema']>;

/** Variables that are not about Quarry but that it goes by. */
export const SURROUNDINGS = {
  home: { variable: 'HOME', meaning: 'The home directory in the defaults above.' },
  path: { variable: 'PATH', meaning: 'Where software for the catalogue is looked for.' },
  modulePath: { variable: 'MODULEPATH', meaning: 'Environment modules that the catalogue offers.' },
  stateHome: { variable: 'XDG_STATE_HOME', meaning: 'See `QUARRY_STATE_DIR`.' },
  compileCache: {
    variable: 'NODE_COMPILE_CACHE',
    meaning:
      'Where Node keeps compiled modules, for the server and its agents; `cache/compile` in the data directory when absent. What lies there is run as it is: name a place that nobody else can write to.',
  },
} as const;

/** Variables of ours that mean something to other programs: to jobs, and to tests. */
export const NOT_OF_THE_SERVER = /^QUARRY_(CLUSTER_ID|RUN_ID|URL|PARAM_.*|TEST_.*)$/;

/** Every setting under its name. */
export const settings = Object.entries(SETTINGS) as Array<[SettingName, Setting]>;
