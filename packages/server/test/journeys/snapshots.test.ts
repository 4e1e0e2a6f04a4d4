/** Snapshots of runs that go on: taken on request, listed, kept out of the outputs, gone with their job. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Platform, startPlatform } from '../../testing/start-platform.ts';
import { definition, reach, submitJob, until, untilPrinted } from '../platform-harness.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ cores: 16 });
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const WAITS = `mkdir -p fields; printf '1 2 3' > fields/p.dat; printf '#!/bin/sh' > solver; chmod 755 solver
mkfifo pipe; echo ready; while [ ! -e go ]; do sleep 0.05; done; echo end > end`;

async function startRun(command = WAITS, change: object = {}): Promise<string> {
  const id = await submitJob(platform, definition(command, change));
  await untilPrinted(platform, id, 'ready');
  return id;
}

async function take(jobId: string, body?: object): Promise<Answer> {
  return platform.call('POST', `/api/v2/jobs/${jobId}/runs/1/snapshot/`, body);
}

async function list(jobId: string): Promise<Answer['body'][]> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/runs/1/snapshots/?page_size=100`);
  return body.results;
}

async function end(jobId: string): Promise<void> {
  await platform.call('POST', `/api/v2/jobs/${jobId}/stop/`);
  await reach(platform, jobId, 'Completed');
}

/** The texts in the archive of a snapshot, by the paths of their files. */
async function contentsOf(fileId: string): Promise<Record<string, string>> {
  const response = await fetch(new URL(`/api/v2/files/${fileId}/contents/`, platform.url), {
    headers: { authorization: `Token ${platform.apiKey}` },
  });
  const base = await mkdtemp(join(tmpdir(), 'quarry-archive-'));
  try {
    await writeFile(join(base, 'snapshot.tar'), new Uint8Array(await response.arrayBuffer()));
    execFileSync('tar', ['-xpf', join(base, 'snapshot.tar'), '-C', base]);
    const found: Record<string, string> = {};
    for (const entry of await readdir(base, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name !== 'snapshot.tar') {
        const path = join(entry.parentPath, entry.name);
        found[path.slice(base.length + 1)] = await readFile(path, 'utf8');
      }
    }
    return found;
  } finally {
    await rm(base, { recursive: true });
  }
}

test('a snapshot of a running run is a file with its work directory, and the run goes on', async () => {
  const jobId = await startRun();
  const { status, body } = await take(jobId);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    exitcode: 0,
    reason: '',
    data: {
      status: 'done',
      kind: 'snapshot',
      trigger: 'request',
      fileCount: 3,
      skipped: [{ relativePath: 'pipe', reason: 'it is a named pipe' }],
      skippedCount: 1,
    },
  });
  expect(body.lastSnapshotID).toBe(body.data.fileId);
  const file = (await platform.call('GET', `/api/v2/files/${body.lastSnapshotID}/`)).body;
  expect(file).toMatchObject({ typeId: 12, name: body.data.name, decryptedSize: body.data.sizeBytes });
  expect(file.name).toMatch(/^snapshot-run1-\d{8}T\d{6}\.\d{6}Z\.tar$/);
  const contents = await contentsOf(body.lastSnapshotID);
  expect(contents).toMatchObject({ 'fields/p.dat': '1 2 3', solver: '#!/bin/sh' });
  expect(contents['process_output.log']).toContain('ready');

  const second = (await take(jobId)).body;
  expect(second.lastSnapshotID).not.toBe(body.lastSnapshotID);
  expect((await list(jobId)).map(({ fileId }) => fileId)).toEqual([
    second.lastSnapshotID,
    body.lastSnapshotID,
  ]);
  const { results } = (await platform.call('GET', '/api/v2/jobs/?page_size=100')).body;
  expect(results.find((each: { id: string }) => each.id === jobId).storage).toBe(
    body.data.sizeBytes + second.data.sizeBytes,
  );
  await end(jobId);
});

test('snapshots are no outputs: they are listed where their type is named, and go with the job', async () => {
  const jobId = await startRun();
  const { lastSnapshotID } = (await take(jobId)).body;
  await end(jobId);
  for (const path of [`jobs/${jobId}/files/`, `jobs/${jobId}/runs/1/files/`]) {
    const all = (await platform.call('GET', `/api/v2/${path}?page_size=100`)).body;
    const names = all.results.map(({ name }: { name: string }) => name);
    expect(names).toContain('process_output.log');
    expect(names.filter((name: string) => name.endsWith('.tar'))).toEqual([]);
    expect(all.count).toBe(names.length);
    const snapshots = (await platform.call('GET', `/api/v2/${path}?type=12`)).body;
    expect(snapshots.results.map(({ id }: { id: string }) => id)).toEqual([lastSnapshotID]);
  }
  // Outputs of the attempt before are replaced; what was taken of it stays.
  await until(async () => {
    const again = await platform.call('POST', `/api/v2/jobs/${jobId}/runs/rerun/`, { runs: ['1'] });
    return again.status === 202;
  }, 'another attempt');
  expect((await list(jobId)).map(({ fileId }) => fileId)).toEqual([lastSnapshotID]);
  await untilPrinted(platform, jobId, 'ready');
  await end(jobId);
  expect((await list(jobId)).map(({ fileId }) => fileId)).toEqual([lastSnapshotID]);
  await until(async () => {
    return (await platform.call('DELETE', `/api/v2/jobs/${jobId}/`)).status === 204;
  }, 'the end of the job');
  expect((await platform.call('GET', `/api/v2/files/${lastSnapshotID}/`)).status).toBe(404);
});

test('a run that is not executing is refused in words, and so is a kind that the job does not name', async () => {
  const jobId = await startRun();
  expect(await take(jobId, { kind: 'checkpoint' })).toMatchObject({
    status: 400,
    body: { code: 'no_checkpoints' },
  });
  await end(jobId);
  expect(await take(jobId)).toMatchObject({ status: 409, body: { code: 'run_not_executing' } });
  expect(await list(jobId)).toEqual([]);
  expect(await platform.call('POST', `/api/v2/jobs/${jobId}/runs/7/snapshot/`)).toMatchObject({
    status: 404,
  });
});

test('the newest are kept, as many as the job says, and a deleted file is no snapshot', async () => {
  const jobId = await startRun(WAITS, { snapshots: { keep: 2, globs: ['fields'] } });
  const taken: string[] = [];
  for (let count = 0; count < 4; count += 1) {
    taken.push((await take(jobId)).body.lastSnapshotID);
  }
  expect((await list(jobId)).map(({ fileId }) => fileId)).toEqual([taken[3], taken[2]]);
  expect((await platform.call('GET', `/api/v2/files/${taken[0]}/`)).status).toBe(404);
  expect(Object.keys(await contentsOf(taken[3]!))).toEqual(['fields/p.dat']);
  await platform.call('DELETE', `/api/v2/files/${taken[3]}/`);
  expect((await list(jobId)).map(({ fileId }) => fileId)).toEqual([taken[2]]);
  await end(jobId);
});

test('whoever asks while one is made asks for the same one, and whoever does not wait is told later', async () => {
  const jobId = await startRun(`head -c 150000000 /dev/zero | tr '\\0' x > large; ${WAITS}`);
  const answers = await Promise.all([0, 1, 2, 3].map(() => take(jobId, { waitSeconds: 0 })));
  const ids = new Set(answers.map(({ body }) => body.data.id));
  expect(ids.size).toBe(1);
  for (const { body } of answers) {
    expect(body).toMatchObject({ exitcode: null, lastSnapshotID: null, data: { status: 'pending' } });
    expect(body.reason).not.toBe('');
  }
  const done = await until(async () => (await list(jobId)).find(({ status }) => status === 'done'), 'it');
  expect(ids).toContain(done.id);
  expect(await list(jobId)).toHaveLength(1);
  await end(jobId);
});

test('in the moment in which the run ends there is a whole snapshot or a refusal in words', async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < 5; round += 1) {
    const jobId = await startRun(
      `for i in $(seq 200); do echo $i > out-$i; done; head -c ${round * 4_000_000} /dev/zero | tr '\\0' y > big; echo ready; sleep 0.${round}`,
    );
    const answers: Answer[] = [];
    do {
      answers.push(await take(jobId));
    } while (answers.at(-1)!.status === 200 && answers.at(-1)!.body.exitcode === 0);
    await reach(platform, jobId, 'Completed');
    for (const { status, body } of answers) {
      outcomes.add(status === 200 ? body.data.status : body.code);
      if (status === 409) {
        expect(body.code).toBe('run_not_executing');
      } else if (body.exitcode === 1) {
        expect(body.reason).toContain('The run ended before the snapshot was complete');
        expect(body.data.fileId).toBeNull();
      }
    }
    for (const { status, fileId } of await list(jobId)) {
      if (status === 'done') {
        const contents = await contentsOf(fileId);
        expect(Object.keys(contents).filter((name) => name.startsWith('out-'))).toHaveLength(200);
        expect(contents.big).toHaveLength(round * 4_000_000);
      }
    }
    expect(await readdir(join(platform.dataDir, 'snapshots')).catch(() => [])).toEqual([]);
  }
  expect(['failed', 'run_not_executing'].some((refusal) => outcomes.has(refusal))).toBe(true);
}, 90_000);

/** As if so much time had passed since a run was started, or its snapshots were asked for; while no server is there. */
function backdate(table: 'runs' | 'snapshots', column: string, minutes: number): void {
  const database = new DatabaseSync(join(platform.dataDir, 'quarry.db'));
  const back = new Date(Date.now() - minutes * 60_000).toISOString().replace('Z', '000Z');
  database.exec(`UPDATE ${table} SET ${column} = '${back}'`);
  database.close();
}

test('a schedule goes on after a restart of the server, takes what was missed once, and never two at a time', async () => {
  const jobId = await startRun(WAITS, { snapshots: { everyMinutes: 5, keep: 2 } });
  expect(await list(jobId)).toEqual([]);
  const taken: string[] = [];
  for (const [table, column] of [
    ['runs', 'date_started'],
    ['snapshots', 'date_requested'],
  ] as const) {
    await platform.kill();
    backdate(table, column, 60);
    await platform.restart();
    const done = await until(async () => {
      const [newest] = await list(jobId);
      return newest?.status === 'done' && !taken.includes(newest.id) && newest;
    }, 'a snapshot by schedule');
    expect(done).toMatchObject({ trigger: 'schedule', status: 'done' });
    taken.push(done.id);
    expect(await list(jobId)).toHaveLength(taken.length);
  }
  await end(jobId);
});

test('one that fails by schedule is told in the list and the log of events', async () => {
  const jobId = await startRun(WAITS, {
    snapshots: { everyMinutes: 5 },
  });
  await platform.kill();
  backdate('runs', 'date_started', 60);
  const database = new DatabaseSync(join(platform.dataDir, 'quarry.db'));
  const { directory } = database.prepare('SELECT directory FROM clusters WHERE job_id = ?').get(jobId) as {
    directory: string;
  };
  database.close();
  // Nobody can tell where the work directory is.
  const home = join(directory, 'runs', '1', 'home');
  await rename(home, `${home}-gone`);
  await platform.restart();
  const failed = await until(async () => (await list(jobId)).find(({ status }) => status === 'failed'), 'it');
  expect(failed).toMatchObject({ trigger: 'schedule', fileId: null });
  expect(failed.reason).not.toBe('');
  const { body } = await platform.call('GET', `/api/v2/events-log/?subject=job:${jobId}`);
  expect(body.results.map(({ verb }: { verb: string }) => verb)).toContain('snapshot_failed');
  expect(platform.log()).toContain('a snapshot could not be taken');
  await rename(`${home}-gone`, home);
  await end(jobId);
});

test('a schedule that means nothing is refused under its field', async () => {
  const answer = await platform.call(
    'POST',
    '/api/v2/jobs/',
    definition('true', { snapshots: { everyMinutes: 0, globs: ['../x'] }, checkpoints: ['/'] }),
  );
  expect(answer.status).toBe(400);
  expect(Object.keys(answer.body)).toEqual(expect.arrayContaining(['snapshots', 'checkpoints']));
});
