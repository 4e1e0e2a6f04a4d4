import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kept, KeptExchange } from '../../packages/server/testing/kept-version.ts';
import type { Platform } from '../../packages/server/testing/start-platform.ts';

const OTHER_EMAIL = 'engineer@example.org';
const UPLOAD_TEXT = 'half of this was sent before the upgrade, and half of it after';

/** All but how the directory was made to fit elsewhere. */
export type Filled = Omit<Kept, 'placeholders'>;

/**
 * Makes a little of everything that a platform keeps, and kills the server in the middle of it. What lives on is the
 * agent of the job that executes; whoever made the platform ends it.
 */
export async function fillPlatform(platform: Platform): Promise<Filled> {
  const ask = async (method: string, path: string, body?: unknown, key?: string) => {
    const answer = await platform.call(method, `/api/v2/${path}`, body, key);
    if (answer.status >= 300) {
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  };
  const submit = async (definition: object, key?: string): Promise<string> => {
    const { id } = await ask('POST', 'jobs/', definition, key);
    await ask('POST', `jobs/${id}/submit/`, undefined, key);
    return id;
  };
  const reach = async (jobId: string, status: string) => {
    for (;;) {
      const { results } = await ask('GET', `jobs/${jobId}/statuses/`);
      if (results.some((row: { status: string }) => row.status === status)) {
        return;
      }
      await sleep(25);
    }
  };

  const project = await ask('POST', 'projects/', { name: 'Wing study' });
  const other = await ask('POST', 'users/', { email: OTHER_EMAIL });
  const input = await upload(platform, 'input.txt', 'seven\n', platform.apiKey);
  const otherFile = await upload(platform, 'other.txt', 'not the owner’s\n', other.apiKey);
  const template = await upload(platform, 'point.tmpl', '${n}\n', platform.apiKey);
  await uploadMany(platform, { 'mesh-1.dat': 'one', 'mesh-2.dat': 'two', 'mesh-3.dat': 'three' });
  const uploadId = await beginUpload(platform);

  const saved = (await ask('POST', 'jobs/', job('echo later', { name: 'saved' }))).id;
  const ended = await submit(
    job('tr a-z A-Z < input.txt > result.txt; mkdir out; echo more > out/more.txt', {
      name: 'ended well',
      projectId: project.id,
      inputFiles: [{ id: input.id, decompress: true }],
    }),
  );
  const failed = await submit(job('echo no such mesh >&2; exit 3', { name: 'failed' }));
  const sweep = await submit({
    ...job('cat point.txt > echoed.txt', {
      name: 'sweep',
      templateTasks: [{ processedFilename: 'point.txt', templateFile: { id: template.id } }],
      postProcessScriptCommand: 'printf "doubled\\t%s\\n" "$(($(cat point.txt) * 2))"',
    }),
    jobvariables: [
      {
        ...{ name: 'n', variableType: 'Param', displayOrder: 1, valueGeneratorType: 'FixedRange' },
        valueGeneratorSettings: { minvalue: 1, maxvalue: 3, increment: 1 },
      },
    ],
  });
  const unwanted = await submit(job('echo of no use > unwanted.txt', { name: 'deleted' }));
  const ofOther = await submit(job('true', { name: 'of the other user' }), other.apiKey);
  for (const id of [ended, failed, sweep, unwanted, ofOther]) {
    await reach(id, 'Completed');
  }
  const outputs = (await ask('GET', `jobs/${unwanted}/files/`)).results;
  const output = outputs.find(({ name }: { name: string }) => name === 'unwanted.txt');
  await ask('DELETE', `jobs/${unwanted}/`);

  const executing: Kept['executing'] = [];
  for (const name of ['executing', 'ending']) {
    const jobId = await submit(
      job('echo begun; until [ -e go ]; do sleep 0.05; done; cat input.txt > copy.txt', {
        name,
        inputFiles: [{ id: input.id, decompress: true }],
      }),
    );
    await reach(jobId, 'Executing');
    const clusterId = clusterOf(platform, jobId);
    executing.push({ jobId, clusterId, exchange: await repeatExchange(platform, clusterId) });
  }

  const paths = [
    ...[
      'users/me/',
      'users/',
      'projects/',
      'files/?page_size=100',
      `files/uploads/${uploadId}/`,
      `jobs/${saved}/`,
    ],
    ...[ended, failed, sweep, ofOther].flatMap((id) =>
      ['', 'statuses/', 'cluster_statuses/', 'runs/', 'runs/1/', 'files/'].map(
        (rest) => `jobs/${id}/${rest}`,
      ),
    ),
    `jobs/${sweep}/results/`,
  ];
  const answers: Filled['answers'] = [];
  for (const path of paths) {
    answers.push({ path: `/api/v2/${path}`, body: await ask('GET', path) });
  }
  const launched = (await ask('POST', 'jobs/', job('echo launched > launched.txt', { name: 'launched' }))).id;
  await killAtLaunch(platform, launched);
  return {
    answers,
    deleted: { jobId: unwanted, fileId: output.id, sha512: output.fileChecksums[0].fileHash },
    upload: { id: uploadId, text: UPLOAD_TEXT, receivedBytes: UPLOAD_TEXT.length / 2 },
    otherUser: { id: other.id, email: OTHER_EMAIL, fileId: otherFile.id },
    saved: { jobId: saved },
    launched: { jobId: launched, clusterId: clusterOf(platform, launched) },
    executing,
  };
}

/** A job of one tile; the fields of the tile stand beside those of the job. */
function job(
  command: string,
  { name, projectId, ...tile }: { name: string; projectId?: string; [field: string]: unknown },
) {
  return {
    name,
    projectId,
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command,
        hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 1 },
        ...tile,
      },
    ],
  };
}

async function upload(platform: Platform, name: string, text: string, key: string): Promise<{ id: string }> {
  const form = new FormData();
  form.set('file', new Blob([text]), name);
  return send(platform, 'files/contents/', { method: 'POST', body: form }, key);
}

/** Small files among many share a pack in the store. */
async function uploadMany(platform: Platform, files: Record<string, string>): Promise<void> {
  const form = new FormData();
  const manifest = Object.entries(files).map(([name, text]) => ({ name, sizeBytes: text.length }));
  form.set('manifest', JSON.stringify(manifest));
  for (const [name, text] of Object.entries(files)) {
    form.append('file', new Blob([text]), name);
  }
  await send(platform, 'files/bulk/', { method: 'POST', body: form });
}

/** Begins a resumable upload and sends the first half of it. */
async function beginUpload(platform: Platform): Promise<string> {
  const protocol = { 'tus-resumable': '1.0.0' };
  const { id } = await send(platform, 'files/uploads/', {
    method: 'POST',
    headers: {
      ...protocol,
      'upload-length': String(UPLOAD_TEXT.length),
      'upload-metadata': `filename ${Buffer.from('halves.txt').toString('base64')}`,
    },
  });
  await send(platform, `files/uploads/${id}/`, {
    method: 'PATCH',
    headers: { ...protocol, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: UPLOAD_TEXT.slice(0, UPLOAD_TEXT.length / 2),
  });
  return id;
}

async function send(platform: Platform, path: string, init: RequestInit, key = platform.apiKey) {
  const response = await fetch(new URL(`/api/v2/${path}`, platform.url), {
    ...init,
    headers: { ...init.headers, authorization: `Token ${key}` },
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${path}: ${response.status} ${text}`);
  }
  return text === '' ? undefined : JSON.parse(text);
}

function clusterOf({ dataDir }: Platform, jobId: string): string {
  using database = new DatabaseSync(join(dataDir, 'quarry.db'), { readOnly: true });
  return String(database.prepare('SELECT id FROM clusters WHERE job_id = ?').get(jobId)!.id);
}

/** The answer that gave the cluster its runs, once more: an agent that names batch 0 has lost it. */
async function repeatExchange({ url, dataDir }: Platform, clusterId: string): Promise<KeptExchange> {
  const file = JSON.parse(await readFile(join(dataDir, 'clusters', clusterId, 'cluster.json'), 'utf8'));
  const response = await fetch(new URL(`/api/agent/clusters/${clusterId}/exchange/`, url), {
    method: 'POST',
    headers: { authorization: `Token ${file.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events: [], lastBatch: 0, wantRuns: 1, knownStop: null, waitSeconds: 0 }),
  });
  const answer = (await response.json()) as KeptExchange;
  if (response.status !== 200 || answer.runs.length !== 1) {
    throw new Error(JSON.stringify(answer));
  }
  return answer;
}

/** Submits a job and kills the server between the row that says it was launched and the first word of its agent. */
async function killAtLaunch(platform: Platform, jobId: string): Promise<void> {
  using database = new DatabaseSync(join(platform.dataDir, 'quarry.db'), { readOnly: true, timeout: 5000 });
  const phase = database.prepare(`SELECT state ->> '$.phase' AS phase FROM jobs WHERE id = ?`);
  const submitting = platform.call('POST', `/api/v2/jobs/${jobId}/submit/`).catch(() => undefined);
  while (phase.get(jobId)!.phase !== 'launched') {
    await new Promise(setImmediate);
  }
  const file = join(platform.dataDir, 'clusters', clusterOf(platform, jobId), 'cluster.json');
  while (!(await readFile(file, 'utf8').catch(() => '')).endsWith('}}')) {
    await new Promise(setImmediate);
  }
  await platform.kill();
  await submitting;
  const said = database.prepare('SELECT applied_event FROM clusters WHERE job_id = ?').get(jobId)!;
  if (said.applied_event !== 0) {
    throw new Error('The agent was faster than the kill: run the script again.');
  }
}
