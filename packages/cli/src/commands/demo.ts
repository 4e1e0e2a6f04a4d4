import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { Quarry } from '@quarry/sdk';
import type { Clock } from '../clock.ts';
import { defineLocalCommand, integer, type LocalContext, text } from '../command.ts';
import { CliError, refuseFile } from '../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { downloadOutputs, type SavedFile } from '../follow/download-outputs.ts';
import { followJob, type OnLook } from '../follow/follow-job.ts';
import { LogLines } from '../follow/log-lines.ts';
import { type EndedJob, exitCodeOf, toEndedJob } from '../follow/outcome.ts';
import type { Io } from '../io.ts';
import { count, formatBytes } from '../output/human.ts';
import { type RunningServer, startServer } from '../server-process.ts';
import { draftFromOptions, type JobOptions } from '../submission/options.ts';
import { planJob } from '../submission/plan.ts';
import { createPlannedJob } from '../submission/send.ts';

const demoFile = (name: string) => fileURLToPath(new URL(`../../demo/${name}`, import.meta.url));

/** How long the demo waits for its job's agent to leave, and how often it looks. */
const STOP_MILLISECONDS = 8000;
const LOOK_MILLISECONDS = 50;
/** How long an interrupted demo may take: its job ends first, then its platform. */
const END_MILLISECONDS = 20_000;

const job: JobOptions = {
  name: 'Estimate of pi (demo)',
  command: 'node calculate_pi.mjs range.inp',
  analysis: 'nodejs',
  input: [demoFile('calculate_pi.mjs'), demoFile('range.inp')],
  slots: 1,
  walltime: 1,
  existingFile: [],
  storage: [],
  env: [],
  tag: [],
  after: [],
  lowPriority: false,
};

export default defineLocalCommand({
  details:
    'Starts a platform of its own on this machine, uploads two files, lets a job estimate pi, follows it, downloads ' +
    'what it put out, verifies every byte, and ends the platform. Nothing is left but the outputs.',
  options: {
    data: text('--data <folder>', 'keep the platform in this data directory; otherwise it is temporary'),
    port: integer('--port <n>', 'port of the platform; a free one unless told otherwise', 0),
    output: text('--output <folder>', 'where the outputs go; ./quarry-demo-output unless told otherwise'),
  },
  examples: [
    { command: 'quarry demo', says: 'A few seconds, nothing to set up' },
    {
      command: 'quarry demo --data ~/quarry-data',
      says: 'Keep the platform, to look at it with `quarry serve`',
    },
  ],
  async run({ data, port, output }, context) {
    context.allowToEnd(END_MILLISECONDS);
    await refuseFile(output ?? 'quarry-demo-output', '--output');
    const temporary = data === undefined ? await mkdtemp(join(tmpdir(), 'quarry-demo-')) : undefined;
    try {
      const dataDir = resolve(data ?? temporary!);
      const { io, settings, signal } = context;
      step(io, 'Starting a platform');
      const onLog = (line: string) => io.detail(line);
      const server = await startServer(
        { dataDir, port: port ?? 0, environment: settings.environment, onLog },
        signal,
      );
      try {
        return await runDemo(server, resolve(output ?? 'quarry-demo-output'), context);
      } finally {
        await server.stop();
      }
    } finally {
      if (temporary) {
        await rm(temporary, { recursive: true, force: true, maxRetries: 3 });
      }
    }
  },
  present(result, io, { data }) {
    io.print('');
    io.print(
      `${io.style('bold', `pi is about ${result.pi}`)}  (${result.terms} terms of the Leibniz series)`,
    );
    io.print('');
    io.print('What next:');
    const quarry = result.launcher;
    const dataOption = data === undefined ? '' : ` --data ${data}`;
    const next: [command: string, says: string][] = [
      [`${quarry} serve${dataOption}`, 'a platform that stays; prints its URL and key'],
      [`${quarry} jobs submit --command 'hostname' --wait`, 'your first own job (in a second terminal)'],
      [`${quarry} auth login --base-url URL`, 'use a platform on another machine'],
      [`${quarry} help`, 'everything else'],
    ];
    const width = Math.max(...next.map(([command]) => command.length));
    for (const [command, says] of next) {
      io.print(
        `  ${io.style('cyan', command)}${' '.repeat(width - command.length)}  ${io.style('dim', says)}`,
      );
    }
    io.print(
      'Scripts written for this API run as they are: set RESCALE_API_BASE_URL and RESCALE_API_KEY to that URL',
    );
    io.print('and key. The tutorial in examples/tutorial/ tells the same story in TypeScript, step by step.');
  },
});

async function runDemo(server: RunningServer, folder: string, context: LocalContext) {
  const { io, clock, signal, settings } = context;
  const sdk = new Quarry({ baseUrl: server.url, apiKey: server.apiKey });
  const user = await sdk.users.me({ signal });
  io.note(`  ${server.url}, as ${user.email}`);

  step(io, 'Choosing where to run');
  const draft = draftFromOptions(job);
  const plan = await planJob(draft, sdk, signal);
  const { hardware, estimate } = plan;
  io.note(
    `  ${hardware.type?.name ?? hardware.code} (${hardware.code}) with ${count(hardware.cores, 'core')}, the cheapest that fits`,
  );
  if (estimate) {
    io.note(`  Price at most ${estimate.formula}`);
  }

  step(io, 'Uploading two input files and creating the job');
  const created = await createPlannedJob(plan, sdk, io, signal);
  let ended: EndedJob;
  try {
    await sdk.jobs.submit(created.id, { signal });
    io.note(`  Job ${created.id} is submitted: ${job.command}`);

    step(io, 'Following it');
    const log = new LogLines({ sdk, jobId: created.id, runId: '1', signal });
    const showLog: OnLook = async (keep, hasEnded) => {
      for (const line of await log.next(hasEnded)) {
        keep(io.styleError('dim', `  | ${withoutTime(line)}`.trimEnd()));
      }
    };
    ended = toEndedJob(await followJob(created.id, { sdk, io, clock, signal }, showLog));
  } finally {
    await endCluster(created.id, sdk, clock);
  }
  if (ended.outcome !== 'success') {
    throw jobFailed(ended.id, ended.failure, exitCodeOf(ended.outcome));
  }

  step(io, 'Downloading and verifying its outputs');
  const outputs = await downloadOutputs(created.id, folder, { overwrite: true, signal }, sdk, io);
  for (const file of outputs) {
    await verify(file, sdk, io, signal);
  }
  const estimated = await readFile(join(folder, 'pi_estimate.bin'));
  const range = await readFile(demoFile('range.inp'), 'utf8');
  return {
    job: ended,
    coreType: hardware.code,
    estimate: estimate ?? null,
    pi: estimated.readDoubleLE(0),
    terms: Number(/terms\s*=\s*(\d+)/.exec(range)?.[1]),
    folder,
    outputs,
    launcher: settings.environment.npm_command === undefined ? 'quarry' : 'npx quarry',
  };
}

/**
 * Jobs and their agents outlive the server: before it ends, whatever happened, the job must have ended and its agent
 * must have left.
 */
async function endCluster(jobId: string, sdk: Quarry, clock: Clock): Promise<void> {
  const giveUpAt = clock.now() + STOP_MILLISECONDS;
  try {
    await sdk.jobs.stop(jobId);
    for (;;) {
      const [latest] = await sdk.jobs.clusterStatuses(jobId).all();
      if (latest === undefined || latest.status === 'Stopped' || clock.now() > giveUpAt) {
        return;
      }
      await clock.sleep(LOOK_MILLISECONDS);
    }
  } catch {
    // What went wrong before is what the user needs to hear.
  }
}

/** Hashes what is on disk once more, and compares it with what the platform says now. */
async function verify(file: SavedFile, sdk: Quarry, io: Io, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file.path), hash, { signal });
  const found = hash.digest('hex');
  const { fileChecksums } = await sdk.files.get(file.id, { signal });
  const promised = fileChecksums[0]?.fileHash;
  if (found !== promised) {
    throw new CliError(`${file.path} has SHA-512 ${found}, and the platform promised ${promised}.`, {
      code: 'integrity',
      exitCode: EXIT.integrity,
    });
  }
  const path = relative(process.cwd(), file.path);
  io.note(
    `  ${io.styleError('green', 'OK')}  ${path}  ${formatBytes(file.sizeBytes)}  SHA-512 ${found.slice(0, 16)}…`,
  );
}

function jobFailed(
  id: string,
  failure: { message: string; hint: string } | null,
  exitCode: ReturnType<typeof exitCodeOf>,
): CliError {
  return new CliError(`The demo's job ${id} did not end well: ${failure?.message ?? 'no reason is known.'}`, {
    code: 'job_failed',
    hint: failure?.hint ?? 'Its output is above.',
    exitCode,
  });
}

/** A line of process_output.log without the time that it begins with. */
function withoutTime(line: string): string {
  return line.replace(/^\[[^\]]*\]: /, '');
}

function step(io: Io, text: string): void {
  io.note(io.styleError('bold', text));
}
