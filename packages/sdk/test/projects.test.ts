import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

const examples = JSON.parse(
  readFileSync(new URL('../../contract/fixtures/examples/v2.json', import.meta.url), 'utf8'),
);

test('projects are listed as open or closed ones, and one is shown with its members', async () => {
  await using platform = await startDouble(({ url }, response) =>
    json(response, 200, examples[url?.includes('users/me') ? 'listMyProjects' : 'getProject'].response),
  );
  const { projects } = platform.client();
  const closed = await projects.list({ closed: true }).all();
  expect(closed.map(({ role }) => role)).toEqual([null, 'member']);
  const { members } = await projects.get('StUvWx');
  expect(members.map(({ email }) => email)).toEqual(['ann@lab.example', 'bea@lab.example']);
  expect(platform.asked.map(({ url }) => url)).toEqual([
    '/api/v2/users/me/projects/?closed=true',
    '/api/v2/projects/StUvWx/',
  ]);
});
