import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { runQuarry } from '../../testing/run-quarry.ts';
import { startSmallPlatform } from '../../testing/small-platform.ts';

const url = 'http://h.example:8080/sign-in/#code=AbC&"<x';
const routes = {
  'POST /api/v2/session/link/': () => ({
    status: 201,
    body: { url, dateExpires: '2026-01-05T09:10:00.000000Z' },
  }),
};

/** A home, and a program in the place of the desktop's that notes what it is to open. */
async function makeDesktop() {
  const home = await mkdtemp(join(tmpdir(), 'quarry-open-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const opener = join(home, 'xdg-open');
  await writeFile(
    opener,
    `#!/bin/sh\nprintf '%s' "$*" > '${home}/opened.new' && mv '${home}/opened.new' '${home}/opened'\n`,
  );
  await chmod(opener, 0o755);
  return { home, variables: { HOME: home, PATH: `${home}:${process.env.PATH}` } };
}

test('without a desktop the link is printed, alone on its line', async () => {
  await using platform = await startSmallPlatform(routes);
  const { environment } = platform;
  for (const argv of [['open'], ['open', '--print']]) {
    const ran = await runQuarry(argv, { environment });
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${url}\n` });
    expect(ran.stderr).toContain('once, within ten minutes');
  }
  const { stdout } = await runQuarry(['open', '--json'], { environment });
  expect(JSON.parse(stdout)).toEqual({ url, dateExpires: '2026-01-05T09:10:00.000000Z', isOpened: false });
});

test.skipIf(process.platform !== 'linux')(
  'with one it is opened by a file that nobody else can read, and is no argument of a program',
  async () => {
    const { home, variables } = await makeDesktop();
    await using platform = await startSmallPlatform(routes);
    const environment = { ...platform.environment, ...variables, DISPLAY: ':0' };
    const ran = await runQuarry(['open'], { environment });
    expect(ran).toMatchObject({ exitCode: 0, stdout: `${url}\n` });
    expect(ran.stderr).toContain('Opened in your browser');
    const opened = await expect
      .poll(() => readFile(join(home, 'opened'), 'utf8').catch(() => ''))
      .not.toBe('')
      .then(() => readFile(join(home, 'opened'), 'utf8'));
    expect(opened).toMatch(/^file:\/\/.*\/open\.html$/);
    const file = fileURLToPath(opened);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toContain(
      'content="0; url=http://h.example:8080/sign-in/#code=AbC&#38;&#34;&#60;x"',
    );
  },
);

test('where a platform knows no sign-in, it says so', async () => {
  await using platform = await startSmallPlatform({});
  const ran = await runQuarry(['open'], { environment: platform.environment });
  expect(ran.exitCode).not.toBe(0);
  expect(ran.stderr).toMatch(/error/);
});
