/** Who is let in to running jobs by SSH, and what the API tells of it. */
import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { hasClients, SshUser } from '@quarry/agent/testing/ssh-clients';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { addUser, definition, saveJob, submitJob, until, untilPrinted } from './platform-harness.ts';

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform({ cores: 8, environment: { QUARRY_SSH_PORTS: '0' } });
});
afterAll(() => platform[Symbol.asyncDispose]());

const me = (body: object, key = platform.apiKey) => platform.call('PATCH', '/api/v2/users/me/', body, key);
const WAITS = 'echo ready; sleep 300';

describe('keys of a profile', () => {
  const ed25519 = (comment: string) => {
    const x = Buffer.from(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x!, 'base64url');
    return line('ssh-ed25519', [x], comment);
  };
  const rsa = (bits: number) => {
    const { e, n } = (generateKeyPairSync('rsa', { modulusLength: bits }).publicKey as KeyObject).export({
      format: 'jwk',
    });
    return line(
      'ssh-rsa',
      [Buffer.from(e!, 'base64url'), Buffer.concat([Buffer.from([0]), Buffer.from(n!, 'base64url')])],
      'r',
    );
  };

  test('are added, listed and removed, each of them once', async () => {
    const ann = await addUser(platform, 'ann.keys@lab.example');
    const [first, second] = [ed25519('ann@desk'), ed25519('ann@lap top')];
    const added = await me({ addSshPublicKeys: [first, second, first] }, ann.key);
    expect(added.body.sshPublicKeys).toEqual([
      { fingerprint: fingerprintOf(first), publicKey: first, comment: 'ann@desk' },
      { fingerprint: fingerprintOf(second), publicKey: second, comment: 'ann@lap top' },
    ]);
    expect(added.body.publicKey).toBe(first);
    const removed = await me({ removeSshPublicKeys: [fingerprintOf(first)] }, ann.key);
    expect(removed.body.sshPublicKeys.map(({ publicKey }: { publicKey: string }) => publicKey)).toEqual([
      second,
    ]);
    const seen = await platform.call('GET', '/api/v2/users/me/', undefined, ann.key);
    expect(seen.body).toEqual(removed.body);
    expect(
      (await me({ sshPublicKeys: [rsa(2048)], cidrRule: '10.0.0.0/8 2001:db8::/32' }, ann.key)).body,
    ).toMatchObject({
      cidrRule: '10.0.0.0/8, 2001:db8::/32',
      sshPublicKeys: [{ comment: 'r' }],
    });
    const { body: log } = await platform.call('GET', `/api/v2/events-log/?subject=user:${ann.id}`);
    expect(log.results[0]).toMatchObject({
      verb: 'changed',
      detail: { fields: ['cidrRule', 'sshPublicKeys'] },
    });
  });

  test.each([
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----', /private key, which must stay with you/],
    ['options before it', 'command="true" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5', /no SSH key/],
    ['another type', line('ssh-dss', [Buffer.alloc(20, 1)], ''), /type ssh-dss are not let in/],
    ['a key that is cut off', ed25519('').slice(0, 60), /cut off or damaged/],
    ['a line that says otherwise', ed25519('').replace('ssh-ed25519 ', 'ssh-rsa '), /its key says otherwise/],
    ['an RSA key that is too short', rsa(1024), /fewer than 2048 are not safe/],
    ['two lines in one', `${ed25519('a')}\n${ed25519('b')}`, /no SSH key/],
  ])('%s is refused', async (_name, key, words) => {
    const { status, body } = await me({ addSshPublicKeys: [key] });
    expect([status, body.addSshPublicKeys[0]]).toEqual([400, expect.stringMatching(words)]);
  });

  test('what is not there is not removed, and there are not too many of them', async () => {
    expect((await me({ removeSshPublicKeys: ['SHA256:none'] })).body.removeSshPublicKeys[0]).toMatch(
      /no SSH key with the fingerprint/,
    );
    const many = Array.from({ length: 51 }, (_, index) => ed25519(`key ${index}`));
    expect((await me({ addSshPublicKeys: many })).status).toBe(400);
    await me({ addSshPublicKeys: many.slice(0, 50) });
    expect((await me({ addSshPublicKeys: many.slice(50) })).body.addSshPublicKeys[0]).toMatch(/at most 50/);
    expect((await me({ cidrRule: 'the office' })).body.cidrRule[0]).toMatch(/Give networks/);
    await me({ sshPublicKeys: [] });
  });
});

test('a job that does not run says why nobody can log in, and one whose key nobody can read warns', async () => {
  const saved = await saveJob(platform, definition('true'));
  const way = async (id: string) => (await platform.call('GET', `/api/v2/jobs/${id}/ssh/`)).body;
  expect(await way(saved)).toMatchObject({
    host: null,
    command: null,
    reason: expect.stringMatching(/not been submitted/),
  });
  const { body } = await platform.call(
    'POST',
    '/api/v2/jobs/',
    definition('true', { publicKey: 'mine', cidrRule: 'all' }),
  );
  expect(body.warnings).toEqual([
    expect.stringMatching(/^publicKey lets nobody in: This is no SSH key/),
    expect.stringMatching(/^cidrRule lets nobody in/),
  ]);
});

describe.skipIf(!hasClients)('with the clients of OpenSSH', () => {
  test('the owner and whoever the job names are let in, the copy of somebody else’s job lets in its owner only', async () => {
    using user = new SshUser();
    const [owners, named, foreign] = ['owners', 'named', 'foreign'].map((name) => user.makeKey(name));
    await me({ sshPublicKeys: [owners!.line] });
    const jobId = await submitJob(platform, definition(WAITS, { publicKey: named!.line }));
    await untilPrinted(platform, jobId, 'ready');
    const { body: way } = await platform.call('GET', `/api/v2/jobs/${jobId}/ssh/`);
    expect(way).toMatchObject({
      host: '127.0.0.1',
      fingerprint: fingerprintOf(way.hostKey),
      command: `ssh -p ${way.port} ${way.username}@127.0.0.1`,
      reason: null,
    });
    const at = {
      clusterId: expect.any(String),
      publicIp: way.host,
      sshPort: way.port,
      username: way.username,
    };
    const { body: instances } = await platform.call('GET', `/api/v2/jobs/${jobId}/instances/`);
    expect(instances.results).toEqual([expect.objectContaining({ ...at, hostKey: way.hostKey })]);
    const { body: log } = await platform.call('GET', `/api/v3/jobs/${jobId}/logs/`);
    const command = `Command: ssh -i </path/to/key> ${way.username}@127.0.0.1;`;
    expect(log.map(({ message }: { message: string }) => message)).toContainEqual(
      expect.stringContaining(command),
    );
    const login = (key: { path: string }) => user.exec(way, key.path, 'pwd; ls -d work');
    expect(await login(owners!)).toMatchObject({ code: 0, stdout: expect.stringMatching(/home\nwork\n$/) });
    expect(await login(named!)).toMatchObject({ code: 0, stdout: expect.stringMatching(/home\nwork\n$/) });
    expect(await login(foreign!)).toMatchObject({ code: 255, stdout: '' });
    expect((await user.exec(way, owners!.path, 'true', { user: 'root' })).code).toBe(255);

    const logins = async (verb: string) => {
      const { body } = await platform.call('GET', `/api/v2/events-log/?subject=job:${jobId}&verb=${verb}`);
      return body.results.length < 2 ? undefined : body.results.reverse();
    };
    const seen = (key: { line: string }) => ({ fingerprint: fingerprintOf(key.line), from: '127.0.0.1' });
    expect(await until(() => logins('logged_in'))).toEqual([
      expect.objectContaining({
        actor: expect.objectContaining({ id: expect.any(String) }),
        detail: seen(owners!),
      }),
      expect.objectContaining({ detail: seen(named!) }),
    ]);
    expect(await until(() => logins('login_refused'))).toEqual([
      expect.objectContaining({
        actor: null,
        detail: { reason: 'no key that is let in', ...seen(foreign!) },
      }),
      expect.objectContaining({ actor: null, detail: { reason: 'no such user', ...seen(owners!) } }),
    ]);

    // A key that is removed lets nobody in any more, although the job runs; nor does that of somebody who is locked out.
    await me({ removeSshPublicKeys: [fingerprintOf(owners!.line)] });
    await until(async () => (await login(owners!)).code === 255);

    const boss = await addUser(platform, 'boss@lab.example', { role: 'admin' });
    const { body: copy } = await platform.call('POST', `/api/v2/jobs/${jobId}/clone/`, {}, boss.key);
    expect(copy.publicKey).toBe('');
    const { body: own } = await platform.call('POST', `/api/v2/jobs/${jobId}/clone/`, {});
    expect(own.publicKey).toBe(named!.line);

    await platform.call('POST', `/api/v2/jobs/${jobId}/stop/`);
    const ended = await until(async () => {
      const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/ssh/`);
      return body.reason === null ? undefined : body;
    });
    expect(ended).toMatchObject({ host: null, reason: expect.stringMatching(/has ended/) });
    expect((await login(named!)).code).toBe(255);
  });

  test('a rule of commas alone is none, so that of the profile counts', async () => {
    using user = new SshUser();
    const key = user.makeKey('elsewhere');
    await me({ sshPublicKeys: [key.line], cidrRule: '192.0.2.7' });
    const jobId = await submitJob(platform, definition(WAITS, { cidrRule: ', ,' }));
    await untilPrinted(platform, jobId, 'ready');
    const { body: way } = await platform.call('GET', `/api/v2/jobs/${jobId}/ssh/`);
    const login = () => user.exec(way, key.path, 'echo in');
    expect(await login()).toMatchObject({ code: 255, stdout: '' });
    await me({ cidrRule: '' });
    await until(async () => (await login()).code === 0);
    await platform.call('POST', `/api/v2/jobs/${jobId}/stop/`);
  });

  test('a job goes on letting people in while the server is away, and after it is back', async () => {
    using user = new SshUser();
    const key = user.makeKey('mine');
    await me({ sshPublicKeys: [key.line] });
    const jobId = await submitJob(platform, definition(WAITS));
    await untilPrinted(platform, jobId, 'ready');
    const { body: way } = await platform.call('GET', `/api/v2/jobs/${jobId}/ssh/`);
    const login = () => user.exec(way, key.path, 'echo in');
    await platform.kill();
    expect(await login()).toMatchObject({ code: 0, stdout: 'in\n' });
    await platform.restart();
    expect((await platform.call('GET', `/api/v2/jobs/${jobId}/ssh/`)).body).toEqual(way);
    expect(await login()).toMatchObject({ code: 0 });
    await platform.call('POST', `/api/v2/jobs/${jobId}/stop/`);
  });

  test('cidrRule of the job counts before that of the profile', async () => {
    using user = new SshUser();
    const key = user.makeKey('mine');
    await me({ sshPublicKeys: [key.line], cidrRule: '192.0.2.0/24' });
    const closed = await submitJob(platform, definition(WAITS));
    const open = await submitJob(platform, definition(WAITS, { cidrRule: '127.0.0.0/8' }));
    const results = [];
    for (const jobId of [closed, open]) {
      await untilPrinted(platform, jobId, 'ready');
      const { body: way } = await platform.call('GET', `/api/v2/jobs/${jobId}/ssh/`);
      results.push((await user.exec(way, key.path, 'echo in')).code);
      await platform.call('POST', `/api/v2/jobs/${jobId}/stop/`);
    }
    await me({ cidrRule: '' });
    expect(results).toEqual([255, 0]);
  });

  test('fingerprints are those that ssh-keygen shows', () => {
    using user = new SshUser();
    const { line: own, path } = user.makeKey('ec', 'ecdsa', 521);
    writeFileSync(join(user.directory, 'ec.pub'), `${own}\n`);
    const shown = spawnSync('ssh-keygen', ['-l', '-f', `${path}.pub`], { encoding: 'utf8' }).stdout;
    expect(shown).toContain(` ${fingerprintOf(own)} `);
  });
});

test('with ssh_listen = "off" jobs let nobody in and say so', async () => {
  await using closed = await startPlatform({ cores: 2, config: 'ssh_listen = "off"\n' });
  const jobId = await submitJob(closed, definition(WAITS));
  await untilPrinted(closed, jobId, 'ready');
  const { body } = await closed.call('GET', `/api/v2/jobs/${jobId}/ssh/`);
  expect(body).toMatchObject({ host: null, reason: expect.stringMatching(/switched off/) });
  await closed.call('POST', `/api/v2/jobs/${jobId}/stop/`);
});

test('a job without a cluster and one whose agent is of before are told apart', async () => {
  await using small = await startPlatform({ cores: 1, environment: { QUARRY_SSH_PORTS: '0' } });
  const [running, waiting] = [
    await submitJob(small, definition(WAITS)),
    await submitJob(small, definition(WAITS)),
  ];
  await untilPrinted(small, running, 'ready');
  const reasonOf = async (jobId: string) =>
    (await small.call('GET', `/api/v2/jobs/${jobId}/ssh/`)).body.reason;
  expect(await reasonOf(running)).toBeNull();
  expect(await reasonOf(waiting)).toMatch(/no running cluster yet/);
  // As an agent leaves it that tells of no port.
  const database = new DatabaseSync(join(small.dataDir, 'quarry.db'), { timeout: 5000 });
  database.exec('UPDATE clusters SET ssh = NULL');
  database.close();
  expect(await reasonOf(running)).toMatch(/agent of the job is of an earlier version/);
  for (const jobId of [waiting, running]) {
    await small.call('POST', `/api/v2/jobs/${jobId}/stop/`);
  }
});

function line(type: string, parts: Buffer[], comment: string): string {
  const strings = [Buffer.from(type), ...parts].map((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return Buffer.concat([length, part]);
  });
  return `${type} ${Buffer.concat(strings).toString('base64')} ${comment}`.trim();
}

function fingerprintOf(key: string): string {
  const blob = Buffer.from(key.split(' ')[1]!, 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}
