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
