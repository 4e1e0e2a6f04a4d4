/** The platform's side of the exchange, as a real HTTP server, and an agent process that talks to it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  AgentAnswer,
  AgentEvent,
  AgentRequest,
  ClusterFile,
  ExchangeAnswer,
  ExchangeRequest,
  FileRequest,
  RunAssignment,
  RunInput,
  RunPlan,
  RunTile,
  SalvageOrder,
  SshAccess,
  SshAddress,
  Wanted,
} from '@quarry/contract';

const AGENT = new URL('../src/main.ts', import.meta.url).pathname;
/** As a server gives it to its agents. */
const COMPILE_CACHE = new URL('../../../node_modules/.cache/quarry-compile', import.meta.url).pathname;
const TOKEN = 'token-of-the-cluster';

type Finished = Extract<AgentEvent, { type: 'run_finished' }>;

interface Held {
  request: ExchangeRequest;
  response: ServerResponse;
}

export interface PlatformOptions {
  sandbox?: ClusterFile['sandbox']['mode'];
  hiddenPaths?: string[];
  limits?: Partial<ClusterFile['limits']>;
  slots?: number;
  /** Its cluster lies beside that of another one, as all clusters of a server do. */
  beside?: TestPlatform;
  /** Who may log in by SSH; absent: there is no SSH. */
  ssh?: SshAccess;
  /** Runs the agent as this user instead of the test's own, which must be root; see `canRunAs`. */
  user?: number;
}

/** Whether an agent can be run as another user here: only root may, and that user must be able to read the program. */
export function canRunAs(user: number): boolean {
  const how = { uid: user, gid: user, cwd: '/' };
  return process.getuid!() === 0 && spawnSync(process.execPath, ['--check', AGENT], how).status === 0;
}

export class TestPlatform implements AsyncDisposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'quarry-agent-')));
  readonly cluster: ClusterFile;
  /** Variables of the agent's own process, which no command may see. */
  agentEnvironment: Record<string, string> = {};
  /** Every event in the order in which it was applied first. */
  readonly events: AgentEvent[] = [];
  readonly requests: ExchangeRequest[] = [];
  readonly files = new Map<string, Buffer>();
  /** A program and its arguments that start the agent in their own way. */
  agentPrefix: string[] = [];
  agent: ChildProcess | null = null;
  agentErrors = '';
  /** A file for what the agent says, as a scheduler gives it one; otherwise it is in agentErrors. */
  errorsTo: string | null = null;
  stop: ExchangeAnswer['stop'] = null;
  discard = false;
  stopRuns: string[] = [];
  /** Sent with every answer, whatever was answered. */
  asks: AgentRequest[] = [];
  /** What came to requests about files, by their ids. */
  readonly answers = new Map<string, { head: AgentAnswer; bytes: Buffer }>();
  /** So many answers are refused before one is taken. */
  answersToRefuse = 0;
  done = false;
  /** What the agent is told when it asks who may log in. */
  sshAccess: SshAccess = { keys: [], networks: [] };
  /** Sends each answer with the runs of the last batch again. */
  repeatsBatches = false;
  /** Statuses to answer next instead of taking part. */
  readonly refusals: (number | 'page')[] = [];
  #batch = 0;
  #lastRuns: RunAssignment[] = [];
  /** The runs that come with one answer have one plan. */
  #queued: RunAssignment[] = [];
  #held: Held | null = null;
  #server: Server | null = null;
  #port = 0;
  #runCount = 0;
  #askCount = 0;
  readonly #watchers = new Set<() => void>();
  readonly #user: number | undefined;

  constructor(options: PlatformOptions = {}) {
    this.#user = options.user;
    const clusterId = `Test${Math.random().toString(36).slice(2, 10)}`;
    const { beside } = options;
    const directory = join(...(beside ? [beside.directory, clusterId] : [this.directory, 'cluster']));
    mkdirSync(join(directory, 'runs'), { recursive: true });
    this.cluster = {
      clusterId,
      token: TOKEN,
      serverUrl: '',
      serverFile: join(this.directory, 'server.json'),
      directory,
      slots: options.slots ?? 1,
      coresPerSlot: 2,
      sandbox: { mode: options.sandbox ?? 'off', hiddenPaths: options.hiddenPaths ?? [] },
      limits: {
        ...{ logBytes: 50e6, archiveEntries: 1000, archiveExpandedBytes: 50e6, outputFiles: 1000 },
        stopGraceSeconds: 5,
        ...options.limits,
      },
    };
    if (options.ssh !== undefined) {
      this.sshAccess = options.ssh;
      this.cluster.ssh = { listen: '127.0.0.1', firstPort: 0, lastPort: 0, access: options.ssh };
    }
  }

  async start(): Promise<this> {
    await this.listen();
    this.startAgent();
    return this;
  }

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => void this.#serve(request, response));
    await new Promise<void>((resolve) => this.#server!.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    const url = `http://127.0.0.1:${this.#port}`;
    this.cluster.serverUrl ||= url;
    writeFileSync(this.cluster.serverFile!, JSON.stringify({ url }));
    writeFileSync(join(this.cluster.directory, 'cluster.json'), JSON.stringify(this.cluster));
    if (this.#user !== undefined) {
      execFileSync('chown', ['-R', `${this.#user}:${this.#user}`, this.directory]);
    }
  }

  /** The server goes away; with `forgetPort` it comes back elsewhere. */
  async unlisten({ forgetPort = false } = {}): Promise<void> {
    this.#held = null;
    const closed = new Promise((resolve) => this.#server!.close(resolve));
    this.#server!.closeAllConnections();
    await closed;
    if (forgetPort) {
      this.#port = 0;
    }
  }

  startAgent(): ChildProcess {
    const errors = this.errorsTo === null ? 'pipe' : openSync(this.errorsTo, 'a');
    const line = [...this.agentPrefix, process.execPath, AGENT, join(this.cluster.directory, 'cluster.json')];
    const child = spawn(line[0]!, line.slice(1), {
      stdio: ['ignore', 'ignore', errors],
      env: {
        ...{ PATH: process.env.PATH, NODE_OPTIONS: '', NODE_COMPILE_CACHE: COMPILE_CACHE },
        ...this.agentEnvironment,
      },
      ...(this.#user === undefined ? {} : { uid: this.#user, gid: this.#user }),
    });
    if (typeof errors === 'number') {
      closeSync(errors);
    }
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.agentErrors += text;
    });
    child.on('exit', () => this.#changed());
    this.agent = child;
    return child;
  }

  /** Runs one job of these tiles and inputs to its end. */
  async run(
    commands: (string | Partial<RunTile>)[],
    rest: Partial<RunAssignment> = {},
  ): Promise<FinishedRun> {
    const assignment = this.assign(commands, rest);
    const finished = await this.finished(assignment.runId);
    return { ...finished, directory: assignment.directory, log: readLog(assignment.directory) };
  }

  assign(commands: (string | Partial<RunTile>)[], rest: Partial<RunAssignment> = {}): RunAssignment {
    this.#runCount += 1;
    const assignment: RunAssignment = {
      runId: `${this.cluster.clusterId}-${this.#runCount}`,
      jobId: 'JobIds',
      directory: join(this.cluster.directory, 'runs', String(this.#runCount)),
      tiles: commands.map((tile) => ({
        ...{ command: '', environment: {}, searchPath: [], visiblePaths: [], modules: [] },
        ...{ templates: [], preProcess: null, postProcess: null },
        ...(typeof tile === 'string' ? { command: tile } : tile),
      })),
      ...{ inputs: [], walltimeSeconds: 60, dryRun: false, variables: [] },
      ...rest,
    };
    this.#queued.push(assignment);
    this.wake();
    return assignment;
  }

  /** An input whose bytes lie beside the cluster. */
  input(name: string, bytes: Buffer | string, rest: Partial<RunInput> = {}): RunInput {
    const sha512 = createHash('sha512').update(bytes).digest('hex');
    const path = join(this.directory, `input-${sha512.slice(0, 12)}`);
    writeFileSync(path, bytes);
    const sizeBytes = Buffer.byteLength(bytes);
    return { name, fileId: 'FileId', sizeBytes, sha512, decompress: true, path, url: '', ...rest };
  }

  finished(runId: string): Promise<Finished> {
    return this.until(() =>
      this.events.find((event): event is Finished => event.type === 'run_finished' && event.runId === runId),
    );
  }

  /** Where the agent that was started last says that people can log in. */
  sshAddress(): Promise<SshAddress> {
    return this.until(() => {
      const event = this.events.findLast((each) => each.type === 'agent_started');
      return event?.type === 'agent_started' && event.pid === this.agent!.pid ? event.ssh : null;
    });
  }

  started(runId: string): Promise<AgentEvent> {
    return this.until(() =>
      this.events.find((event) => event.type === 'run_started' && event.runId === runId),
    );
  }

  /** Waits until the condition gives something; looked at after each exchange and a few times a second. */
  async until<T>(condition: () => T | undefined | null | false, timeoutMs = 20_000): Promise<T> {
    const giveUpAt = Date.now() + timeoutMs;
    for (;;) {
      const value = condition();
      if (value) {
        return value;
      }
      if (Date.now() > giveUpAt) {
        throw new Error(`Not within ${timeoutMs} ms. Agent said: ${this.agentErrors}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 30);
        this.#watchers.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Asks the agent for something about files, in every answer until it has come. */
  async ask(wanted: Wanted<FileRequest>): Promise<{ head: AgentAnswer; bytes: Buffer }> {
    this.#askCount += 1;
    const id = `ask-${this.#askCount}`;
    this.asks.push({ ...wanted, id } as AgentRequest);
    this.wake();
    try {
      return await this.until(() => this.answers.get(id));
    } finally {
      this.asks = this.asks.filter((request) => request.id !== id);
    }
  }

  /** Answers the poll that is held, since there is news for the agent. */
  wake(): void {
    if (this.#held !== null) {
      const { request, response } = this.#held;
      this.#held = null;
      this.#answer(request, response);
    }
  }

  /** SIGKILL for the agent, as a power cut would be. */
  async killAgent(): Promise<void> {
    this.agent!.kill('SIGKILL');
    await this.exited();
  }

  /** Starts what collects the runs of an agent that has died. */
  startSalvage(order: Partial<SalvageOrder> = {}): ChildProcess {
    const child = spawn(
      process.execPath,
      [AGENT, '--salvage', join(this.cluster.directory, 'cluster.json')],
      {
        stdio: ['pipe', 'ignore', 'pipe'],
        env: { PATH: process.env.PATH, NODE_OPTIONS: '', ...this.agentEnvironment },
      },
    );
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.agentErrors += text;
    });
    child.stdin!.end(
      JSON.stringify({
        ...{ appliedEvent: this.#acknowledged, again: [], againWhenTold: false, isStopped: false },
        ...order,
      } satisfies SalvageOrder),
    );
    return child;
  }

  /** Collects the runs of an agent that has died; answers the ends that the journal then has and the platform has not. */
  async salvage(order: Partial<SalvageOrder> = {}): Promise<Finished[]> {
    const child = this.startSalvage(order);
    const [code] = await once(child, 'exit');
    if (code !== 0) {
      throw new Error(`The salvage ended with ${code}: ${this.agentErrors}`);
    }
    return this.journal()
      .filter(({ seq }) => seq > this.#acknowledged)
      .filter((event): event is Finished => event.type === 'run_finished');
  }

  /** What the agents of the cluster have written down. */
  journal(): AgentEvent[] {
    const lines = readFileSync(join(this.cluster.directory, 'journal.ndjson'), 'utf8').split('\n');
    return lines.slice(0, -1).map((line) => JSON.parse(line) as AgentEvent);
  }

  async exited(): Promise<number | null> {
    const agent = this.agent!;
    await this.until(() => agent.exitCode !== null || agent.signalCode !== null);
    return agent.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.agent !== null && this.agent.exitCode === null && this.agent.signalCode === null) {
      this.done = true;
      this.stop = 'force';
      if (this.#server?.listening) {
        this.wake();
      } else {
        this.agent.kill('SIGKILL');
      }
      await this.exited();
    }
    if (this.#server?.listening) {
      await this.unlisten();
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      sendJson(response, 401, { detail: 'Invalid token.' });
    } else if (request.method === 'GET') {
      const bytes = this.files.get(request.url!);
      if (bytes === undefined) {
        sendJson(response, 404, { detail: 'There is no such file.' });
      } else {
        response.writeHead(200).end(bytes);
      }
    } else if (request.url!.endsWith('/answer/')) {
      const isRefused = this.answersToRefuse > 0;
      if (isRefused) {
        this.answersToRefuse -= 1;
      } else {
        this.#takeAnswer(request.url!.split('/').at(-3)!, Buffer.concat(chunks));
      }
      response.writeHead(isRefused ? 503 : 204).end();
    } else if (request.url!.endsWith('/ssh-access/')) {
      sendJson(response, 200, this.sshAccess);
    } else if (request.url!.includes('/deliveries/')) {
      sendJson(response, 507, { detail: 'This platform has no room.' });
    } else {
      this.#exchange(JSON.parse(Buffer.concat(chunks).toString()) as ExchangeRequest, response);
    }
  }

  #takeAnswer(requestId: string, body: Buffer): void {
    const end = body.indexOf('\n');
    const head = JSON.parse(body.toString('utf8', 0, end)) as AgentAnswer;
    this.answers.set(requestId, { head, bytes: body.subarray(end + 1) });
    this.#changed();
  }

  #exchange(request: ExchangeRequest, response: ServerResponse): void {
    this.requests.push(request);
    const refusal = this.refusals.shift();
    if (refusal === 'page') {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not here</h1>');
      return;
    }
    if (refusal !== undefined) {
      sendJson(response, refusal, { detail: 'Refused by the test.' });
      return;
    }
    this.wake();
    for (const event of request.events) {
      if (event.seq === this.#acknowledged + 1) {
        this.events.push(event);
      } else if (event.seq > this.#acknowledged) {
        throw new Error(`Event ${event.seq} came after ${this.#acknowledged}`);
      }
    }
    this.#changed();
    const isNews =
      this.asks.some(({ id }) => !request.knownRequests.includes(id)) ||
      this.#queued.length > 0 ||
      this.done ||
      this.stop !== request.knownStop ||
      this.stopRuns.length > 0;
    if (isNews || request.events.length > 0 || request.waitSeconds === 0) {
      this.#answer(request, response);
    } else {
      this.#held = { request, response };
    }
  }

  #answer(request: ExchangeRequest, response: ServerResponse): void {
    if (request.lastBatch >= this.#batch && this.#queued.length > 0 && request.wantRuns > 0) {
      this.#lastRuns = [
        ...(this.repeatsBatches ? this.#lastRuns : []),
        ...this.#takeQueued(request.wantRuns),
      ];
      this.#batch += 1;
    }
    const isRepeated = this.repeatsBatches || request.lastBatch < this.#batch;
    const runs = isRepeated ? this.#lastRuns : [];
    sendJson(response, 200, {
      acknowledged: this.#acknowledged,
      batch: this.#batch,
      plan: runs[0] === undefined ? null : planOf(runs[0]),
      runs: runs.map(({ runId, directory, variables, resume }) => ({
        ...{ runId, directory, variables },
        ...(resume && { resume }),
      })),
      stop: this.stop,
      discard: this.discard,
      stopRuns: this.stopRuns,
      requests: this.asks,
      done: this.done,
    } satisfies ExchangeAnswer);
  }

  /** The next runs that have the same plan. */
  #takeQueued(most: number): RunAssignment[] {
    const plan = JSON.stringify(planOf(this.#queued[0]!));
    const other = this.#queued.findIndex((run) => JSON.stringify(planOf(run)) !== plan);
    return this.#queued.splice(0, Math.min(most, other === -1 ? this.#queued.length : other));
  }

  get #acknowledged(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  #changed(): void {
    for (const watcher of this.#watchers) {
      watcher();
    }
    this.#watchers.clear();
  }
}

export interface FinishedRun extends Finished {
  directory: string;
  log: string;
}

function planOf({ jobId, tiles, inputs, restored, walltimeSeconds, dryRun }: RunAssignment): RunPlan {
  return { jobId, tiles, inputs, walltimeSeconds, dryRun, ...(restored && { restored }) };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

export function readLog(directory: string): string {
  try {
    return readFileSync(join(directory, 'process_output.log'), 'utf8');
  } catch {
    return '';
  }
}

/** The log without its times, line by line. */
export function logTexts(log: string): string[] {
  return log
    .split('\n')
    .slice(0, -1)
    .map((line) => line.slice(24));
}
