import { expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

test('the way into a job is read, and the SSH keys of the profile are changed', async () => {
  const way = { host: '127.0.0.1', port: 22_200, username: 'quarry-job', reason: null };
  await using platform = await startDouble(({ url }, response) =>
    json(response, 200, url.endsWith('/ssh/') ? way : { id: 'AbCdEf', sshPublicKeys: [] }),
  );
  const { jobs, users } = platform.client();
  expect(await jobs.ssh('abcdef')).toEqual(way);
  expect((await users.updateMe({ addSshPublicKeys: ['ssh-ed25519 AAAA ann'] })).sshPublicKeys).toEqual([]);
  expect(platform.asked.map(({ method, url, body }) => `${method} ${url} ${body.toString()}`.trim())).toEqual(
    ['GET /api/v2/jobs/abcdef/ssh/', 'PATCH /api/v2/users/me/ {"addSshPublicKeys":["ssh-ed25519 AAAA ann"]}'],
  );
});
