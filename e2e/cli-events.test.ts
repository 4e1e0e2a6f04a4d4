import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startPlatform } from '../packages/server/testing/start-platform.ts';
import { forTranscript, openDesk } from './cli-harness.ts';

test('an administrator reads who did what, and a member may not', { timeout: 60_000 }, async () => {
  await using platform = await startPlatform({ cores: 2 });
  await using desk = await openDesk(platform);
  const made = await desk.quarry('users', 'create', 'ann@lab.example', '--name', 'Ann', '--json');
  const ann = JSON.parse(made.stdout);
  await desk.quarry('projects', 'create', 'Wings');
  const { stdout } = await desk.quarry(
    'jobs',
    'submit',
    '--command',
    'true',
    '--name',
    'Wing',
    '--wait',
    '--quiet',
    '--json',
  );
  const { id } = JSON.parse(stdout);
  await using herDesk = await openDesk({ ...platform, url: platform.url, apiKey: ann.apiKey });
  const refused = await herDesk.quarry('events');
  expect([refused.exitCode, refused.stdout]).toEqual([3, '']);

  await using reading = await openDesk(platform);
  await reading.quarry('events', '--limit', '4');
  await reading.quarry('events', '--on', `job:${id}`);
  await reading.quarry('events', '--verb', 'refused');
  await reading.quarry('events', '--actor', 'nobody@lab.example');
  await reading.quarry('events', '--since', 'yesterday');
  await reading.quarry('events', '--verb', 'nonsense');
  let shown = await forTranscript(reading.transcript(), reading, platform);
  const { body } = await platform.call('GET', '/api/v2/events-log/?page_size=100');
  for (const { subject } of body.results) {
    if (subject.type !== 'job') {
      shown = shown.replaceAll(`${subject.type} ${subject.id}`, `${subject.type} <id>`);
    }
  }
  shown = shown.replaceAll(/requestId [0-9a-f-]{17}/g, 'requestId <request>');
  await expect(shown).toMatchFileSnapshot('cli-transcripts/events.txt');

  const json = JSON.parse((await reading.quarry('events', '--on', `job:${id}`, '--json')).stdout);
  expect(json).toMatchObject({
    total: 2,
    items: [{ verb: 'submitted' }, { verb: 'created', detail: { name: 'Wing' } }],
  });
});

test('events are followed as they happen, also by who is no administrator, and over a restart of the server', {
  timeout: 60_000,
}, async () => {
  await using platform = await startPlatform({ cores: 2 });
  const { body: ann } = await platform.call('POST', '/api/v2/users/', { email: 'ann@lab.example' });
  await using desk = await openDesk({ ...platform, url: platform.url, apiKey: ann.apiKey });
  const following = desk.start('events', '-f', '--json', '--verb', 'created,ended', '--limit', '4');
  const lines = () => following.stdout().trim().split('\n').filter(Boolean);
  const until = async (count: number) => {
    while (lines().length < count) {
      await sleep(20);
    }
  };
  await until(1);
  const submit = async (name: string) =>
    JSON.parse((await desk.quarry('jobs', 'submit', '--command', 'true', '--name', name, '--json')).stdout)
      .id;
  const first = await submit('first');
  await until(3);
  await platform.stop();
  await platform.restart();
  const second = await submit('second');
  expect((await following.ended).exitCode).toBe(0);
  const [ready, ...told] = lines().map((line) => JSON.parse(line));
  expect(ready).toEqual({ verb: 'ready', id: expect.stringMatching(/^\d+\.\d+$/) });
  expect(told.map(({ verb, job }) => [verb, job.id])).toEqual([
    ['created', first],
    ['ended', first],
    ['created', second],
    ['ended', second],
  ]);

  const again = await desk.quarry(
    'events',
    '-f',
    '--after',
    told[0].id,
    '--on',
    `job:${first}`,
    '--limit',
    '7',
  );
  expect(again.exitCode).toBe(0);
  expect(again.stdout).toMatch(/ {2}job \w+ \(first\) {2}submitted by ann@lab\.example\n/);
  expect(again.stdout).toMatch(/ {2}ended: success, Completed successfully\n$/);

  for (const [argv, words] of [
    [['--verb', 'nonsense'], '"nonsense" is not a valid choice'],
    [['--actor', 'ann@lab.example'], '--actor is for the log'],
    [['--on', 'file:abcDEF'], '--on takes a job while events are followed'],
  ] as const) {
    const { exitCode, stderr } = await desk.quarry('events', '-f', ...argv);
    expect([exitCode === 0, stderr]).toEqual([false, expect.stringContaining(words)]);
  }
  const { exitCode, stderr } = await desk.quarry('events', '--after', '1.1');
  expect([exitCode === 0, stderr]).toEqual([false, expect.stringContaining('--after is for --follow')]);
});
