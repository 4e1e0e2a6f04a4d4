/** A server that is killed again and again under load, and the proof that nothing acknowledged was lost. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Platform, startPlatform } from '../../packages/server/testing/start-platform.ts';
import { clusterToStop } from './clusters.ts';
import { findings } from './doctor.ts';
import { eventually, jobWithStatus, outputText } from './jobs.ts';
import { uploadSlowly } from './slow-upload.ts';

const JOBS_PER_KILL = 4;
const UPLOADS_PER_KILL = 2;
const UPLOAD_BYTES = 1024 * 1024;
/** What was half done is swept each minute, once the agents of before are gone. */
const SWEPT_SECONDS = 100;
/** The load lasts differently long before each kill, up to so long. */
const LONGEST_BEFORE_KILL_MS = 600;

export interface Crashes {
  kills: number;
  /** Things that the server said it has. */
  acknowledgedJobs: number;
  acknowledgedFiles: number;
  /** In words, each a thing that was lost, damaged or done twice; empty is the aim. */
  lost: string[];
  executedTwice: string[];
  /** What the doctor finds who reads every byte. */
  findings: string[];
  /** From each start after a kill until the server was ready, in milliseconds. */
  restartsMs: number[];
}

/** Kills a fresh platform `kills` times while jobs are submitted and run and files are uploaded, then looks at everything. */
export async function crashUnderLoad(kills: number, onKill?: (kill: number) => void): Promise<Crashes> {
  const folder = await mkdtemp(join(tmpdir(), 'quarry-crashes-'));
  // Commands write to a place that all of them share, which a sandbox would hide.
  await using platform = await startPlatform({ cores: 4, sandbox: 'off' });
  try {
    const load = new Load(platform, join(folder, 'executions'));
    const restartsMs: number[] = [];
    for (let kill = 1; kill <= kills; kill++) {
      onKill?.(kill);
      const answered = load.begin(kill);
      await delay(50 + ((kill * 137) % LONGEST_BEFORE_KILL_MS));
      if (kill === kills) {
        // On a busy machine no life may have been long enough for a file: without any, nothing would be shown.
        await load.untilBothAcknowledged(answered);
      }
      await platform.kill();
      await answered;
      const begin = performance.now();
      await platform.restart();
      restartsMs.push(performance.now() - begin);
    }
    return { kills, restartsMs, ...(await load.look()) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class Load {
  readonly #platform: Platform;
  readonly #executions: string;
  /** Ids of jobs whose submit was acknowledged, by what their command writes. */
  readonly #jobs = new Map<string, string>();
  /** Digests of files that were acknowledged, by id. */
  readonly #files = new Map<string, string>();

  constructor(platform: Platform, executions: string) {
    this.#platform = platform;
    this.#executions = executions;
  }

  /** Submits and uploads; resolves when each of the requests was answered or broken off. */
  async begin(round: number): Promise<void> {
    const jobs = Array.from({ length: JOBS_PER_KILL }, (_, index) =>
      this.#submit(`${round}-${index}`, index),
    );
    const uploads = Array.from({ length: UPLOADS_PER_KILL }, (_, index) =>
      this.#upload(`${round}-${index}.bin`, index * 15),
    );
    await Promise.all([...jobs, ...uploads]);
  }

  /** Resolves when a job and a file have been acknowledged, or nothing more can be. */
  async untilBothAcknowledged(answered: Promise<void>): Promise<void> {
    let isOver = false;
    void answered.then(() => {
      isOver = true;
    });
    while (!isOver && (this.#jobs.size === 0 || this.#files.size === 0)) {
      await delay(10);
    }
  }

  async #submit(token: string, index: number): Promise<void> {
    const command = `echo ${token} >> ${this.#executions}; sleep 0.${index + 1}; echo ${token} > token.txt`;
    try {
      const created = await this.#platform.call('POST', '/api/v2/jobs/', {
        name: token,
        jobanalyses: [
          {
            analysis: { code: 'user_included' },
            command,
            hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 1 },
          },
        ],
      });
      const { id } = created.body;
      const submitted = await this.#platform.call('POST', `/api/v2/jobs/${id}/submit/`);
      if (submitted.status === 200) {
        this.#jobs.set(token, id);
      }
    } catch {
      // The server was killed before it answered: nothing was acknowledged.
    }
  }

  async #upload(name: string, pauseMs: number): Promise<void> {
    const bytes = randomBytes(UPLOAD_BYTES);
    const id = await uploadSlowly(this.#platform, name, bytes, pauseMs);
    if (id !== null) {
      this.#files.set(id, sha512(bytes));
    }
  }

  async look(): Promise<Omit<Crashes, 'kills' | 'restartsMs'>> {
    const platform = this.#platform;
    const lost: string[] = [];
    for (const [token, id] of this.#jobs) {
      const job = await jobWithStatus(platform, id, 'Completed', 60);
      if (job.outcome !== 'success') {
        lost.push(`job ${id}: ${JSON.stringify(job.failure)}`);
      } else if ((await outputText(platform, id, 'token.txt')) !== `${token}\n`) {
        lost.push(`output of job ${id}`);
      }
    }
    for (const id of this.#jobs.values()) {
      await clusterToStop(platform, id);
    }
    for (const [id, digest] of this.#files) {
      const response = await fetch(`${platform.url}/api/v2/files/${id}/contents/`, {
        headers: { authorization: `Token ${platform.apiKey}` },
      });
      const found = sha512(Buffer.from(await response.arrayBuffer()));
      if (response.status !== 200 || found !== digest) {
        lost.push(`file ${id}`);
      }
    }
    const executed = (await readFile(this.#executions, 'utf8').catch(() => '')).split('\n').filter(Boolean);
    const times = Map.groupBy(executed, (token) => token);
    await eventually(
      'a data directory without findings',
      async () => (await findings(platform.dataDir)).length === 0,
      SWEPT_SECONDS,
    ).catch(() => undefined);
    const left = await findings(platform.dataDir);
    return {
      acknowledgedJobs: this.#jobs.size,
      acknowledgedFiles: this.#files.size,
      lost,
      executedTwice: [...times].filter(([, lines]) => lines.length > 1).map(([token]) => token),
      findings: left.map(({ name, message }) => `${name}: ${message}`),
    };
  }
}

function sha512(bytes: Buffer): string {
  return createHash('sha512').update(bytes).digest('hex');
}
