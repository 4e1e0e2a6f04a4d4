import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Platform } from '../packages/server/testing/start-platform.ts';

export const LAUNCHER = fileURLToPath(new URL('../packages/cli/bin/quarry.js', import.meta.url));

export interface Ran {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A folder of its own that is also the home, with `quarry` at hand as a user would have it. */
export interface Desk extends AsyncDisposable {
  folder: string;
  environment: Record<string, string>;
  quarry: (...argv: string[]) => Promise<Ran>;
  start: (...argv: string[]) => Started;
  /** Commands so far, each with exit code, stdout and stderr, as one text. */
  transcript: () => string;
}

export interface Started {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  ended: Promise<Ran>;
}

/** Root may do what permissions forbid, unless this is taken from it. */
const OBEYING_PERMISSIONS =
  process.getuid?.() === 0
    ? ['setpriv', ...['--bounding-set', '--inh-caps'].map((set) => `${set}=-dac_override,-dac_read_search`)]
    : [];

/** Opens a desk; with a platform, the environment leads to it. Root obeys permissions there when asked to. */
export async function openDesk(
  platform?: Platform,
  { obeysPermissions = false }: { obeysPermissions?: boolean } = {},
): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'quarry-desk-'));
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    TZ: 'UTC',
    QUARRY_STATE_DIR: join(folder, 'state'),
    ...(platform && { RESCALE_API_BASE_URL: platform.url, RESCALE_API_KEY: platform.apiKey }),
  };
  const commands: string[] = [];
  const start = (...argv: string[]) =>
    startProcess([LAUNCHER, ...argv], {
      folder,
      environment,
      under: obeysPermissions ? OBEYING_PERMISSIONS : [],
    });
  return {
    folder,
    environment,
    start,
    async quarry(...argv) {
      const ran = await start(...argv).ended;
      const shown = argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(' ');
      const parts = [`$ quarry ${shown}\n`, ran.stdout, ran.stderr && `--- stderr\n${ran.stderr}`];
      commands.push(`${parts.filter(Boolean).join('')}--- exit ${ran.exitCode}\n`);
      return ran;
    },
    transcript: () => commands.join('\n'),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Starts Node on a program, `under` another one that becomes it, and collects what it writes. */
export function startProcess(
  argv: readonly string[],
  {
    folder,
    environment,
    node = process.execPath,
    under = [],
  }: { folder: string; environment: Record<string, string>; node?: string; under?: readonly string[] },
): Started {
  const [program, ...rest] = [...under, node, ...argv];
  const child = spawn(program!, rest, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text) => {
      written[name] += text;
    });
  }
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode, ...written }));
  return { child, stdout: () => written.stdout, stderr: () => written.stderr, ended };
}

/** Ids, dates, times and places replaced, so that two runs of a journey read the same. */
export async function forTranscript(text: string, desk: Desk, platform: Platform): Promise<string> {
  let shown = text
    .replaceAll(platform.apiKey, '<key>')
    .replaceAll(platform.apiKey.slice(0, 8), '<key>')
    .replaceAll(platform.url, '<platform>')
    .replaceAll(desk.folder, '<home>')
    .replaceAll(platform.dataDir, '<data>');
  for (const [path, word] of [
    ['/api/v2/jobs/', 'job'],
    ['/api/v2/files/', 'file'],
    ['/api/v2/users/me/projects/', 'project'],
  ] as const) {
    const { body } = await platform.call('GET', `${path}?page_size=200`);
    const ids = body.results.map(({ id }: { id: string }) => id).toReversed();
    for (const [index, id] of ids.entries()) {
      shown = shown.replaceAll(id, `<${word} ${index + 1}>`);
    }
  }
  return (
    shown
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?/g, '<date>')
      .replaceAll(/^\d\d:\d\d:\d\d/gm, '<time>')
      .replaceAll(/\d+(\.\d+)? s(?=[,).]| x)/g, '<seconds>')
      .replaceAll(/\[?"?\b[0-9a-f]{128}\b/g, '<sha512>')
      .replaceAll(/\b[0-9a-f]{12}…/g, '<sha512>…')
      .replaceAll(/\d+(\.\d+)? (KiB|B)(?= in <seconds>)/g, '<size>')
      .replaceAll(/(process_output\.log.*?)\s+\d+ B/g, '$1  <size>')
      .replaceAll(/^(Cost: .*) [\d.]+ h (.* = )[\d.]+/gm, '$1 <hours> h $2<amount>')
      .replaceAll(/clusters\/[A-Za-z]{6}\//g, 'clusters/<cluster>/')
      .replaceAll(/\w+@\S+/g, '<user>')
      .replaceAll(/\d+(\.\d+)? s {2,}[\d.]+ USD(?= .*just now)/g, '<seconds>  <amount>')
      .replaceAll(/\d+ B {2}just now/g, '<size>  just now')
      // Columns are as wide as the longest path or id was.
      .replaceAll(/(?<=\S) {2,}/g, '  ')
      .replaceAll(/ +$/gm, '')
  );
}

/** Waits until something is true, by asking again; fails when it never becomes so. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const limit = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > limit) {
      throw new Error(`Waited in vain until ${what}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
