/** Versions of before, as `scripts/keep-version.ts` keeps them: their data directory, and their agent as a process. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { derivedKey, hashKey, keyPrefix, newApiKey } from '../src/access/keys.ts';
import { newId } from '../src/ids.ts';

const VERSIONS = fileURLToPath(new URL('../test/fixtures/versions', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const HOUR_MS = 3_600_000;

/** What a test needs to know of a data directory that was kept; ids are those of its rows. */
export interface Kept {
  /** Texts that stand for what differs wherever the directory is unpacked. */
  placeholders: { base: string; url: string; jobKey: string; token: string };
  /** What the server of that version answered to its owner. Later ones say the same, and perhaps more. */
  answers: Array<{ path: string; body: unknown }>;
  deleted: { jobId: string; fileId: string; sha512: string };
  /** A resumable upload of which some bytes had come. */
  upload: { id: string; text: string; receivedBytes: number };
  otherUser: { id: string; email: string; fileId: string };
  saved: { jobId: string };
  /** A job whose agent had not said a word when the server was killed. */
  launched: { jobId: string; clusterId: string };
  /** Jobs that executed then: each waits for a file `go` in its work directory. */
  executing: ExecutingJob[];
}

export interface ExecutingJob {
  jobId: string;
  clusterId: string;
  exchange: KeptExchange;
}

/** The answer that gave an agent its runs, as that server wrote it; only what is looked at here is named. */
export interface KeptExchange {
  acknowledged: number;
  batch: number;
  plan: unknown;
  runs: Array<{ runId: string; directory: string }>;
}

export function keptVersions(): string[] {
  return readdirSync(VERSIONS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

export interface KeptVersion extends AsyncDisposable {
  data: string;
  kept: Kept;
  /** Keys that were made for this directory, as rows of that version hold them. */
  ownerKey: string;
  otherKey: string;
  /** Starts the agent of that version on a cluster, as its server did. */
  startAgent(clusterId: string): ChildProcess;
  /** Writes down which process works for a cluster, as its server did. */
  recordAgent(clusterId: string, agent: ChildProcess): Promise<void>;
  /**
   * Starts the agent of a job that executed and gives it its runs in the words of the server of then, until it has
   * said that they have begun; what it says from then on nobody hears.
   */
  startExecuting(job: ExecutingJob): Promise<ChildProcess>;
}

/** Unpacks a version into a directory of its own, with a secret and keys that are made for it. */
export async function unpackVersion(name: string): Promise<KeptVersion> {
  const base = await mkdtemp(join(tmpdir(), 'quarry-kept-'));
  const data = join(base, 'data');
  const unpack = (archive: string) =>
    execFileSync('tar', ['--no-same-owner', '-C', base, '-xzf', join(VERSIONS, name, archive)]);
  unpack('data.tar.gz');
  unpack('agent.tar.gz');
  await symlink(NODE_MODULES, join(base, 'agent', 'node_modules'));
  await mkdir(join(base, 'state'));

  const secret = randomBytes(32);
  await writeFile(join(data, 'secret'), secret, { mode: 0o600 });
  const raw = await readFile(join(base, 'kept.json'), 'utf8');
  const { placeholders } = JSON.parse(raw) as Kept;
  const kept: Kept = JSON.parse(raw.replaceAll(placeholders.base, base));
  const [ownerKey, otherKey] = [newApiKey(), newApiKey()];
  await writeFile(join(data, 'owner.key'), `${ownerKey}\n`, { mode: 0o600 });
  const database = () => new DatabaseSync(join(data, 'quarry.db'), { timeout: 5000 });
  {
    using opened = database();
    opened.prepare('UPDATE clusters SET directory = replace(directory, ?, ?)').run(placeholders.base, base);
    const owner = opened.prepare(`SELECT id FROM users WHERE role = 'admin'`).get()!;
    const addKey = opened.prepare(
      `INSERT INTO api_keys (id, user_id, name, key_hash, key_prefix, date_inserted) VALUES (?, ?, 'kept', ?, ?, ?)`,
    );
    for (const [userId, key] of [
      [String(owner.id), ownerKey],
      [kept.otherUser.id, otherKey],
    ] as const) {
      addKey.run(newId(), userId, hashKey(key), keyPrefix(key), instant(0));
    }
    // What goes on has gone on for a moment, and what is kept for a while is kept: the hours of then are over.
    opened.prepare('UPDATE uploads SET expires_at = ?').run(instant(HOUR_MS));
    const now = instant(0);
    for (const { jobId, clusterId } of [kept.launched, ...kept.executing]) {
      const began = 'date_started = CASE WHEN date_started IS NULL THEN NULL ELSE ? END';
      opened.prepare(`UPDATE jobs SET date_submitted = ?, ${began} WHERE id = ?`).run(now, now, jobId);
      opened.prepare(`UPDATE runs SET ${began} WHERE job_id = ?`).run(now, jobId);
      opened.prepare('UPDATE clusters SET date_inserted = ? WHERE id = ?').run(now, clusterId);
    }
  }
  const clusterFile = (clusterId: string) => join(data, 'clusters', clusterId, 'cluster.json');
  const replaceIn = async (clusterId: string, placeholder: string, text: string) => {
    const path = clusterFile(clusterId);
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll(placeholder, text));
  };
  for (const { clusterId } of [kept.launched, ...kept.executing]) {
    await replaceIn(clusterId, placeholders.base, base);
    await replaceIn(clusterId, placeholders.token, derivedKey(secret, 'agent', clusterId));
  }

  const agentMain = join(base, 'agent/src/main.ts');
  const agents = new Map<string, ChildProcess>();
  const startAgent = (clusterId: string): ChildProcess => {
    const directory = join(data, 'clusters', clusterId);
    const log = openSync(join(directory, 'agent.log'), 'a', 0o600);
    try {
      const agent = spawn(process.execPath, [agentMain, clusterFile(clusterId)], {
        cwd: directory,
        detached: true,
        env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', LANG: 'C.UTF-8' },
        stdio: ['ignore', log, log],
      });
      agents.set(clusterId, agent);
      return agent;
    } finally {
      closeSync(log);
    }
  };
  return {
    data,
    kept,
    ownerKey,
    otherKey,
    startAgent,
    async recordAgent(clusterId, { pid }) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
      const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      using opened = database();
      opened
        .prepare('UPDATE clusters SET handle = ? WHERE id = ?')
        .run(JSON.stringify({ pid, startTicks }), clusterId);
    },
    async startExecuting({ jobId, clusterId, exchange: written }) {
      const jobKey = derivedKey(secret, 'job', jobId);
      const exchange = JSON.parse(JSON.stringify(written).replaceAll(placeholders.jobKey, jobKey));
      const begun = Promise.withResolvers<void>();
      const server = createServer(async (request, response) => {
        const { events } = (await json(request)) as { events: Array<{ seq: number; type: string }> };
        // The poll of an agent that has nothing to say waits, here for ever.
        if (events.length === 0) {
          return;
        }
        const isFirst = events.some(({ type }) => type === 'agent_started');
        const answer = { ...exchange, acknowledged: events.at(-1)!.seq };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(isFirst ? answer : { ...answer, plan: null, runs: [] }));
        if (events.some(({ type }) => type === 'run_started')) {
          begun.resolve();
        }
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      await replaceIn(clusterId, placeholders.url, `http://127.0.0.1:${port}`);
      const agent = startAgent(clusterId);
      agent.once('exit', (code) => begun.reject(new Error(`The agent ended with code ${code}.`)));
      await begun.promise;
      server.closeAllConnections();
      server.close();
      return agent;
    },
    async [Symbol.asyncDispose]() {
      for (const [clusterId, agent] of agents) {
        agent.kill('SIGKILL');
        execFileSync(process.execPath, [agentMain, '--reap', clusterId]);
      }
      await rm(base, { recursive: true, force: true });
    },
  };
}

/** A time so many milliseconds from now, as the database holds it. */
function instant(fromNowMs: number): string {
  return new Date(Date.now() + fromNowMs).toISOString().replace('Z', '000Z');
}
