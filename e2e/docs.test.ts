import { spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { LAUNCHER } from './cli-harness.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What a page says before there is a platform, about the machine of one, or asks somebody at a terminal. */
const LEFT_OUT = /^(?:npx )?quarry (?:serve|stop|backup|doctor|auth login)/;
/** A page may also say what to do to a whole machine: only lines that begin with one of these are ever executed. */
const HARMLESS = /^(?:(?:npx )?quarry|npx node|curl|cat|printf|python3|export|cd|[A-Za-z_]+=)(?![\w-])/;
/** Programs that pages name elsewhere in such a line. */
const HARMFUL = /\b(?:sudo|apt-get|useradd|systemctl|npm|git|rm|cp|mv)\b/;

/** Ids that pages make up; a job that the page has made takes the place of each, in turn. */
const EXAMPLE_IDS = /\b(?:abcDEF|ghiJKL|hQzVbL|RkWpTn|PmXqDs|QkzTpb)\b/g;
const EXAMPLE_URL = 'http://127.0.0.1:8080';

/**
 * `quarry` as in a clone, and a curl that minds refusals and leaves streams that have no end. What a block sets stays for the
 * next one, as in a terminal.
 */
const PRELUDE = `
set -a
[ -f "$HOME/.shell-state" ] && source "$HOME/.shell-state"
set -eo pipefail
quarry() { "$QUARRY_NODE" ${LAUNCHER} "$@"; }
npx() { if [ "$1" = quarry ]; then shift; quarry "$@"; else "$QUARRY_NODE" "\${@:2}"; fi; }
curl() { command curl -sS --fail-with-body --max-time 5 "$@" || [ $? = 28 ]; }
trap 'code=$?; unset -f quarry npx curl; export -p > "$HOME/.shell-state"; exit $code' EXIT
`;

let home: string;
let platform: Platform;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'quarry-docs-'));
  const data = join(home, '.local', 'share', 'quarry');
  platform = await startPlatform({ cores: 4, data });
  await mkdir(join(home, 'clone'));
  for (const name of ['README.md', 'docs', 'examples']) {
    await cp(join(ROOT, name), join(home, 'clone', name), { recursive: true });
  }
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const hasRequests = spawnSync('python3', ['-c', 'import requests']).status === 0;

test.each([
  'README.md',
  'docs/quickstart.md',
  'docs/coming-from-rescale.md',
  'docs/pipelines.md',
  'docs/transfers.md',
  'docs/sweeps.md',
  'docs/usage.md',
  'docs/operating.md',
  'docs/cli.md',
])('the commands of %s run as they are written', { timeout: 180_000 }, async (page) => {
  await rm(join(home, '.shell-state'), { force: true });
  const text = await readFile(join(ROOT, page), 'utf8');
  let ran = 0;
  for (const [, language, block] of text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)) {
    if (language === 'python') {
      await writeFile(join(home, 'clone', 'hello_job.py'), block!);
    }
    const isShell = language === 'sh' || language === 'bash' || /^quarry jobs list/.test(block!);
    const isPossible = hasRequests || !block!.startsWith('python3 ');
    if (!isShell || !isPossible || LEFT_OUT.test(block!) || !isHarmless(block!)) {
      continue;
    }
    const { code, said } = await run((await withRealIds(block!)).replaceAll(EXAMPLE_URL, platform.url));
    expect(code, `${block}\n${said}`).toBe(0);
    ran += 1;
  }
  expect(ran).toBeGreaterThan(0);
});

/** Whether every command of a block is one that touches the platform of the test and its folder alone. */
function isHarmless(block: string): boolean {
  const commands = block
    .replaceAll(/<<'(\w+)'[\s\S]*?\n\1\n/g, '\n')
    .replaceAll(/'[^']*'/g, "''")
    .replaceAll(/\\\n\s*/g, ' ')
    .replaceAll(/\|\n\s*/g, '| ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return commands.every((line) => HARMLESS.test(line) && !HARMFUL.test(line));
}

/** The newest job for the first id that is made up, and those before it for others. */
async function withRealIds(block: string): Promise<string> {
  if (block.search(EXAMPLE_IDS) === -1) {
    return block;
  }
  const { body } = await platform.call('GET', '/api/v2/jobs/?page_size=10');
  const ids = new Map<string, string>();
  return block.replaceAll(EXAMPLE_IDS, (id) => {
    ids.set(id, ids.get(id) ?? body.results[ids.size].id);
    return ids.get(id)!;
  });
}

function run(block: string): Promise<{ code: number | null; said: string }> {
  const child = spawn('bash', ['-c', PRELUDE + block], {
    cwd: join(home, 'clone'),
    env: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      QUARRY_NODE: process.execPath,
      QUARRY_STATE_DIR: join(home, '.local', 'share', 'state'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}
