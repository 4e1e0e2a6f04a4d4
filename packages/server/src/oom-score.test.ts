import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/*
 * Lowering what a process has is for root alone, but for what it had when it was started: so a program that has raised
 * it may do what the server does.
 */
const PROGRAM = `
  import { spawnSync } from 'node:child_process';
  import { readFileSync, writeFileSync } from 'node:fs';
  const { exposeAgent, protectFromOomKiller, withoutProtection } = await import('./oom-score.ts');
  const own = () => readFileSync('/proc/self/oom_score_adj', 'utf8').trim();
  const start = () => spawnSync('cat', ['/proc/self/oom_score_adj'], { encoding: 'utf8' }).stdout.trim();
  writeFileSync('/proc/self/oom_score_adj', '120');
  const said = [withoutProtection(start), protectFromOomKiller(70), own(), start(), withoutProtection(start), own()];
  said.push(protectFromOomKiller(90), own());
  exposeAgent(process.pid);
  said.push(own());
  exposeAgent(2 ** 22 + 1);
  console.log(JSON.stringify(said));
`;

test.skipIf(!existsSync('/proc/self/oom_score_adj'))(
  'a process that protects itself starts others without that, and agents go before it',
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', PROGRAM], {
      cwd: import.meta.dirname,
    });
    expect(JSON.parse(stdout)).toEqual(['120', true, '70', '70', '120', '70', true, '70', '300']);
  },
);
