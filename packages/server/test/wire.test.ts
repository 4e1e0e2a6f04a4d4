import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ApiVersion,
  type EndpointDefinition,
  type EndpointName,
  endpoints,
  endpointsByName,
  responseSchema,
} from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { sha512Of } from '../testing/suites/blobs.ts';
import {
  addUser,
  clusterOf,
  definition,
  loseJob,
  rawRequest,
  reach,
  runJob,
  saveJob,
  sendRaw,
  signIn,
  submitJob,
  until,
  uploadFile,
} from './platform-harness.ts';

let platform: Platform;
let finished: string;
let running: string;
let inputFile: string;
let output: string;
let sweep: string;

beforeAll(async () => {
  platform = await startPlatform({ cores: 8 });
  inputFile = (await uploadFile(platform, 'Gitter für Ölwanne.txt', 'an input\n')).id;
  const inputFiles = [{ id: inputFile }];
  running = await submitJob(platform, definition('mkdir d; echo x > d/y; sleep 300'));
  const job = await runJob(platform, definition('echo out > out.txt', { tags: ['A tag'] }, { inputFiles }));
  finished = job.id;
  const failed = await runJob(platform, definition('exit 3'));
  expect([job.outcome, failed.outcome]).toEqual(['success', 'failed']);
  const x = {
    ...{ name: 'x', variableType: 'Param', displayOrder: 1 },
    ...{ valueGeneratorType: 'Values', valueGeneratorSettings: { values: [1, 2, 3] } },
  };
  const printsOutput = { postProcessScriptCommand: "printf 'y\\t1\\n'" };
  sweep = (await runJob(platform, definition('true', { jobvariables: [x] }, printsOutput))).id;
  output = (await platform.call('GET', `/api/v2/jobs/${finished}/files/?search=out.txt`)).body.results[0].id;
  await until(
    async () =>
      (await platform.call('GET', `/api/v2/jobs/${running}/runs/1/tail/d/y?lines=1`)).status === 200,
  );
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

interface Sample {
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}

function form(): FormData {
  const data = new FormData();
  data.set('file', new Blob(['bytes']), 'upload.txt');
  return data;
}

function manyForm(): FormData {
  const data = new FormData();
  const manifest = [
    { name: 'one.txt', sizeBytes: 3, colour: 'green', dateModified: '2026-01-05T09:00:00+02:00' },
    { name: 'two.sh', sizeBytes: 3, executable: true, typeId: '4' },
  ];
  data.set('manifest', JSON.stringify(manifest));
  for (const bytes of ['one', 'two']) {
    data.append('file', new Blob([bytes]), bytes);
  }
  return data;
}

const TUS = { 'tus-resumable': '1.0.0' };
const beginUpload = {
  ...TUS,
  'upload-length': '1048577',
  'upload-metadata': `filename ${btoa('Gitter.dat')},partBytes ${btoa('1048576')}`,
};
/** An upload that was begun, with its first part when asked for. */
const onUpload =
  (rest = '', options: { isPart?: boolean; length?: string } = {}) =>
  async (): Promise<Sample> => {
    const wish = { ...beginUpload, ...(options.length && { 'upload-length': options.length }) };
    const { text } = await send('POST', '/api/v2/files/uploads/', undefined, wish);
    const upload = JSON.parse(text) as { id: string; parts: { id: string }[] };
    const id = options.isPart ? upload.parts[0]!.id : upload.id;
    return {
      path: `files/uploads/${id}/${rest}`,
      headers: { ...TUS, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    };
  };

let count = 0;
const at = (path: string, body?: unknown) => (): Sample => ({ path, body });
const onSaved =
  (rest = '', body?: unknown) =>
  async (): Promise<Sample> => ({ path: `jobs/${await saveJob(platform)}/${rest}`, body });
const onJob =
  (rest = '') =>
  (): Sample => ({ path: `jobs/${finished}/${rest}` });
const onRunning = (rest: string) => (): Sample => ({ path: `jobs/${running}/${rest}` });
const onProject = async (rest: string): Promise<string> =>
  `projects/${(await platform.call('POST', '/api/v2/projects/', { name: 'p' })).body.id}/${rest}`;
const TEMPLATE = {
  name: 'a form',
  fields: [
    { name: 'hours', label: 'Hours', type: 'integer', default: 1, target: 'jobanalyses.0.hardware.walltime' },
  ],
  definition: definition(),
};
const onTemplate = (rest: string, body?: unknown) => async () => {
  const made = await platform.call('POST', '/api/v2/job-templates/', TEMPLATE);
  return { path: `job-templates/${made.body.id}/${rest}`, body };
};
const CLUSTER = { name: 'c', hardware: { coreType: { code: 'quartz' }, coresPerSlot: '1' } };
const newCluster = async () => (await platform.call('POST', '/api/v2/clusters/', CLUSTER)).body.id;
let started: Promise<string> | undefined;
/** One for all: it holds cores. */
const startedCluster = () => {
  started ??= newCluster();
  return started;
};
const newDevice = async () =>
  (await platform.call('POST', '/api/v2/storage-devices/', { name: 'd', storageSize: 1 })).body;
/** One that is started, with a file on it. */
const onStarted = async (rest: string) => {
  const { id } = await newDevice();
  await platform.call('POST', `/api/v2/storage-devices/${id}/submit/`);
  await platform.call('PUT', `/api/v2/storage-devices/${id}/contents/file`, ['bytes']);
  return `storage-devices/${id}/${rest}`;
};
const onDevice = async (rest: string) => `storage-devices/${(await newDevice()).id}/${rest}`;
const newUser = () => addUser(platform, `user-${count++}@lab.example`);

/** Agents speak the words of their version with one server, and have tests of their own. */
type OfAgents =
  | 'exchange'
  | 'askSshAccess'
  | 'answerAgentRequest'
  | 'describeCluster'
  | 'askDeliveries'
  | 'deliverMany'
  | 'deliverBytes';

/** One good request for every endpoint, its path below the version. */
const samples: Record<Exclude<EndpointName, OfAgents>, () => Sample | Promise<Sample>> = {
  getApiRoot: at(''),
  getServerInfo: at('server/'),
  getCurrentUser: at('users/me/'),
  updateCurrentUser: at('users/me/', { cidrRule: '10.0.0.0/8' }),
  listMyProjects: at('users/me/projects/?closed=0'),
  getProject: async () => ({ path: await onProject('') }),
  listCoreTypes: at('coretypes/?page_size=100'),
  listAnalyses: at('analyses/?page_size=100'),
  getAnalysis: at('analyses/miniconda/'),
  listComputePrices: at('billing/computeprices/'),
  getUsageReport: at('usage/?by=software'),
  listJobs: at('jobs/'),
  countJobs: at('jobs/counts/'),
  previewJob: at('jobs/preview/', { definition: definition('true', { colour: 'green' }) }),
  createJob: at('jobs/', definition('true', { colour: 'green', tags: ['x'], isLowPriority: 'true' })),
  getJob: onJob(),
  updateJob: onSaved('', { name: 'renamed', nonsense: 1 }),
  replaceJob: onSaved('', definition('false')),
  deleteJob: onSaved(),
  submitJob: onSaved('submit/'),
  stopJob: onSaved('stop/'),
  shutdownJob: onSaved('shutdown/'),
  cloneJob: onSaved('clone/', { name: 'a clone' }),
  restartJob: onJob('restart/'),
  createJobs: at('jobs/bulk/', { jobs: [definition('true', { colour: 'green', folderId: 'AbCdEf' })] }),
  stopJobs: async () => ({ path: 'jobs/stop/', body: { jobs: [await saveJob(platform)], colour: 'green' } }),
  deleteJobs: async () => ({
    path: 'jobs/delete/',
    body: { jobs: [await saveJob(platform), running], deleteInputFiles: 'false', colour: 'green' },
  }),
  tagJobs: async () => ({
    path: 'jobs/tags/',
    body: { jobs: [await saveJob(platform), 'AbSent'], add: ['x'] },
  }),
  rerunJobs: async () => ({
    path: 'jobs/rerun/',
    body: { jobs: [(await runJob(platform, definition('false'))).id, await saveJob(platform)] },
  }),
  deleteFiles: async () => ({
    path: 'files/delete/',
    body: { files: [(await uploadFile(platform, 'x')).id, 'AbSent'] },
  }),
  listJobStatuses: onJob('statuses/'),
  watchJob: onJob('events/'),
  listClusterStatuses: onJob('cluster_statuses/'),
  listJobClusters: onJob('clusters/'),
  listJobInstances: onRunning('instances/'),
  getConnectionDetails: onRunning('connection_details/'),
  listClusters: at('clusters/?state=all'),
  getCluster: async () => ({ path: `clusters/${(await clusterOf(platform, finished)).id}/` }),
  listStatusesOfCluster: async () => ({
    path: `clusters/${(await clusterOf(platform, finished)).id}/statuses/`,
  }),
  createCluster: at('clusters/', CLUSTER),
  startCluster: async () => ({ path: `clusters/${await startedCluster()}/start/` }),
  shutdownCluster: async () => ({ path: `clusters/${await newCluster()}/shutdown/` }),
  attachJob: async () => ({
    path: `clusters/${await newCluster()}/jobs/`,
    body: { id: await saveJob(platform), submit: true },
  }),
  listJobTags: onJob('tags/'),
  addJobTag: onSaved('tags/', { name: 'x', colour: 'green' }),
  removeJobTag: onSaved('tags/?name=x'),
  removeNamedJobTag: onSaved('tags/x/'),
  getJobCustomFields: onJob('custom-fields/'),
  setJobCustomFields: onSaved('custom-fields/', { 'Auto Download': 'Enabled', mass: { kg: 1.5 } }),
  getJobSsh: onRunning('ssh/'),
  listJobFiles: onJob('files/'),
  listJobRuns: onJob('runs/'),
  getJobRun: onJob('runs/1/'),
  signalJobRun: () => ({ path: `jobs/${running}/runs/1/signal/`, body: { signal: 'cont', colour: 'green' } }),
  stopJobRun: onJob('runs/1/stop/'),
  rerunJobRuns: async () => ({
    path: `jobs/${(await runJob(platform, definition('false'))).id}/runs/rerun/`,
    body: { runs: [1] },
  }),
  listRunFiles: onJob('runs/1/files/'),
  discardRunDirectory: async () => ({
    path: `jobs/${await loseJob(platform, definition('echo ready; sleep 300'))}/runs/1/directory/`,
  }),
  getJobResults: onJob('results/'),
  getJobSensitivity: () => ({ path: `jobs/${sweep}/sensitivity/?method=correlation` }),
  getJobResponseSurface: () => ({ path: `jobs/${sweep}/response-surface/?degree=1` }),
  listRunDirectory: onRunning('runs/1/directory-contents/'),
  takeRunSnapshot: onRunning('runs/1/snapshot/'),
  listRunSnapshots: onRunning('runs/1/snapshots/'),
  tailRunFile: onRunning('runs/1/tail/d/y?lines=5'),
  listJobTemplates: at('job-templates/?search=form'),
  createJobTemplate: at('job-templates/', { ...TEMPLATE, colour: 'green' }),
  getJobTemplate: onTemplate('?version=1'),
  updateJobTemplate: onTemplate('', { name: 'another form', version: '1' }),
  deleteJobTemplate: onTemplate(''),
  listJobTemplateVersions: onTemplate('versions/'),
  previewJobTemplate: onTemplate('preview/', { values: { hours: '2' } }),
  createTemplateJob: onTemplate('jobs/', { values: {}, submit: 'true' }),
  findInRunFile: onRunning('runs/1/find/d/y?q=a'),
  getRunLineIndex: onRunning('runs/1/line-index/d/y'),
  listFiles: at('files/?include_jobs=1'),
  uploadFile: () => ({ path: 'files/contents/', body: form() }),
  putFile: () => ({ path: 'files/contents/', body: form() }),
  getFile: () => ({ path: `files/${inputFile}/` }),
  updateFile: () => ({ path: `files/${inputFile}/`, body: { typeId: '1' } }),
  deleteFile: async () => ({ path: `files/${(await uploadFile(platform, 'x')).id}/` }),
  downloadFile: () => ({ path: `files/${output}/contents/` }),
  createFileTicket: () => ({ path: `files/${output}/ticket/` }),
  viewFile: () => ({ path: `files/${output}/view/` }),
  createFileViewTicket: () => ({ path: `files/${output}/view/ticket/`, body: {} }),
  downloadFilesArchive: () => ({ path: `files/archive/?ids=${output}` }),
  createFilesArchiveTicket: () => ({ path: 'files/archive/ticket/', body: { ids: [output] } }),
  downloadJobArchive: onJob('archive/'),
  createJobArchiveTicket: () => ({ path: `jobs/${finished}/archive/ticket/`, body: {} }),
  findInFile: () => ({ path: `files/${output}/find/?q=a` }),
  getLineIndex: () => ({ path: `files/${output}/line-index/` }),
  readFileLines: () => ({ path: `files/${output}/lines/` }),
  adoptKnownFiles: () => ({
    path: 'files/by-digest/',
    body: {
      files: [
        {
          name: 'known.txt',
          sizeBytes: 9,
          sha512: sha512Of(Buffer.from('an input\n')),
          dateModified: '2026-01-05',
        },
        { name: 'x', sizeBytes: 9, colour: 'green' },
      ],
    },
  }),
  uploadFiles: () => ({ path: 'files/bulk/', body: manyForm() }),
  getFilePartDigests: () => ({ path: `files/${output}/part-digests/?partBytes=65536` }),
  listUploads: async () => {
    await onUpload()();
    return { path: 'files/uploads/' };
  },
  createUpload: () => ({ path: 'files/uploads/', headers: beginUpload }),
  getUpload: onUpload(),
  patchUpload: onUpload('', { isPart: true }),
  deleteUpload: onUpload(),
  finishUpload: async () => ({ path: (await onUpload('finish/', { length: '0' })()).path }),
  getUploadPartDigests: onUpload('part-digests/', { length: '0' }),
  listUsers: at('users/'),
  createUser: () => ({ path: 'users/', body: { email: `user-${count++}@lab.example` } }),
  updateUser: async () => ({ path: `users/${(await newUser()).id}/`, body: { maxJobHours: 5 } }),
  listApiKeys: at('users/me/api-keys/'),
  createApiKey: at('users/me/api-keys/', { name: 'k', dateExpires: '2999-01-01' }),
  revokeApiKey: async () => {
    const { body } = await platform.call('POST', '/api/v2/users/me/api-keys/', { name: 'k' });
    return { path: `users/me/api-keys/${body.id}/` };
  },
  setPassword: at('users/me/password/', { password: 'correct horse battery' }),
  createPasswordLink: async () => ({ path: `users/${(await newUser()).id}/password-link/` }),
  getPreferences: at('users/me/preferences/'),
  updatePreferences: at('users/me/preferences/', { theme: 'dark' }),
  createSession: () => ({
    path: 'session/',
    body: { key: platform.apiKey },
    headers: { origin: platform.url },
  }),
  getSession: async () => ({ path: 'session/', headers: (await signIn(platform)).headers }),
  endSession: async () => ({ path: 'session/', headers: (await signIn(platform)).headers }),
  createSignInLink: at('session/link/'),
  listSessions: at('users/me/sessions/'),
  revokeSession: async () => ({ path: `users/me/sessions/${(await signIn(platform)).id}/` }),
  listProjects: at('projects/'),
  listStorageDevices: at('storage-devices/?active=false'),
  createStorageDevice: at('storage-devices/', { name: 'd', storage_size_mb: '100', core_type: 'emerald' }),
  getStorageDevice: async () => ({ path: await onDevice('') }),
  updateStorageDevice: async () => ({ path: await onDevice(''), body: { storageSize: 2 } }),
  deleteStorageDevice: async () => ({ path: await onDevice('') }),
  submitStorageDevice: async () => ({ path: await onDevice('submit/') }),
  listStorageDeviceStatuses: async () => ({ path: await onDevice('statuses/') }),
  attachStorageDevice: async () => ({
    path: `jobs/${await saveJob(platform)}/storage-devices/`,
    body: { storage_device: { id: (await newDevice()).id } },
  }),
  listStorageEntries: async () => ({ path: await onStarted('directory-contents/') }),
  readStorageFile: async () => ({ path: await onStarted('contents/file') }),
  writeStorageFile: async () => ({ path: await onStarted('contents/a/b'), body: ['bytes'] }),
  deleteStorageEntry: async () => ({ path: await onStarted('contents/file') }),
  makeStorageDirectory: async () => ({ path: await onStarted('directories/'), body: { path: 'a/b' } }),
  copyToStorage: async () => ({
    path: await onStarted('file-downloads/'),
    body: { files: [{ id: inputFile }], output_dir: 'in' },
  }),
  createProject: at('projects/', { name: 'p' }),
  updateProject: async () => ({ path: await onProject(''), body: { isActive: 'false' } }),
  addProjectMember: async () => ({
    path: await onProject('members/'),
    body: { userId: (await newUser()).id },
  }),
  removeProjectMember: async () => {
    const path = await onProject('members/');
    const { id } = await newUser();
    await platform.call('POST', `/api/v2/${path}`, { userId: id });
    return { path: `${path}${id}/` };
  },
  listEvents: at('events-log/'),
  getSystem: at('system/'),
  runDoctor: at('system/doctor/'),
  getDoctorRun: async () => {
    await platform.call('POST', '/api/v2/system/doctor/');
    return { path: 'system/doctor/' };
  },
  rereadCatalogue: at('system/catalogue/'),
  listJobUsage: onJob('usage/'),
  getRunUsage: onJob('runs/1/usage/'),
  listLoadMeasurements: onJob('cluster-load-measurements/?hours=2'),
  askServerLoad: onJob('servers/load/?offset=1&period=60&p=1'),
  listJobLogs: onJob('logs/?limit=5'),
  getTask: async () => {
    const { body } = await platform.call('GET', `/api/v3/jobs/${finished}/servers/load/`);
    return { path: `tasks/${body.token}/` };
  },
  createJobResultsTask: () => ({ path: `jobs/${sweep}/results/task/`, body: { format: 'Parquet' } }),
  createStorageCopyTask: async () => ({
    path: await onStarted('file-downloads/task/'),
    body: { files: [{ id: inputFile }], output_dir: 'in' },
  }),
  createJobArchiveTask: () => ({ path: `jobs/${finished}/archive/task/`, body: { format: 'ZIP', run: '1' } }),
  listTasks: at('tasks/?status=Done&kind=archive&page=1'),
  deleteTask: async () => {
    const { body } = await platform.call('POST', `/api/v2/jobs/${finished}/archive/task/`, {});
    return { path: `tasks/${body.id}/` };
  },
  watchEvents: at('events/'),
};

const BASES: Array<[base: string, version: ApiVersion]> = [
  ['/api/v2/', 'v2'],
  ['/api/v3/', 'v3'],
  ['/api/', 'v2'],
];

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const isForm = body instanceof FormData;
  const response = await fetch(new URL(path, platform.url), {
    method,
    redirect: 'manual',
    headers: {
      ...('x-quarry-session' in headers ? {} : { authorization: `Token ${platform.apiKey}` }),
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    body: isForm ? body : body === undefined ? undefined : JSON.stringify(body),
  });
  // A stream of events need not end.
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    await response.body?.cancel();
    return { response, text: '' };
  }
  return { response, text: await response.text() };
}

/** Takes the slash from the end of the path, or puts it there, and leaves the query alone. */
function otherSlash(path: string): string {
  const [name, query] = path.split('?') as [string, string?];
  const turned = name.endsWith('/') ? name.slice(0, -1) : `${name}/`;
  return query === undefined ? turned : `${turned}?${query}`;
}

/** Every value of an answer that is a date by its name. */
function datesIn(value: unknown, name = ''): Array<[string, string]> {
  if (Array.isArray(value)) {
    return value.flatMap((item) => datesIn(item, name));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => datesIn(item, key));
  }
  return /^(status)?date/i.test(name) && typeof value === 'string' ? [[name, value]] : [];
}

describe('every endpoint', () => {
  test('has a request here', () => {
    const ofOthers = endpoints.filter(({ access }) => access !== 'agent');
    expect(Object.keys(samples).length).toBe(ofOthers.length);
  });

  const cases = Object.entries(samples).flatMap(([name, sample]) =>
    BASES.flatMap(([base, version]) =>
      [false, true].map((turned) => ({ name: name as EndpointName, sample, base, version, turned })),
    ),
  );

  test.each(Object.keys(samples))(
    '%s answers by the contract, under every version, with and without slash',
    async (wanted) => {
      for (const { name, sample, base, version, turned } of cases.filter((each) => each.name === wanted)) {
        const endpoint: EndpointDefinition = endpointsByName[name];
        const { path, body, headers } = await sample();
        const asked = turned ? otherSlash(base + path) : base + path;
        const { response, text } = await send(endpoint.method, asked, body, headers);
        expect([asked, response.status]).toEqual([asked, endpoint.status]);
        const schema = responseSchema(endpoint, version);
        if (!schema) {
          if (endpoint.responseKind === 'bytes') {
            continue;
          }
          expect(text).toBe('');
          expect(response.headers.get('content-type')).toBeNull();
          expect(response.headers.get('content-length') ?? '0').toBe('0');
          continue;
        }
        expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
        const value: unknown = JSON.parse(text);
        expect(schema.safeParse(value).error?.issues).toBeUndefined();
        // Clients that rewrite answers as text depend on there being no blanks between the tokens.
        expect(text).toBe(JSON.stringify(value));
        const ending = name === 'listJobStatuses' ? '+00:00' : 'Z';
        for (const [key, date] of datesIn(value)) {
          const isWish = key === 'dateExpires';
          expect(date).toMatch(isWish ? /Z$/ : /\.\d{6}/);
          expect(date.endsWith(ending)).toBe(true);
        }
      }
    },
  );

  test.each(Object.keys(samples))('%s gives its headers to HEAD when it can be read', async (name) => {
    const endpoint: EndpointDefinition = endpointsByName[name as EndpointName];
    // To HEAD an upload answers as tus says; how the platform is, and what has been used, changes from one answer to the next.
    if (endpoint.method !== 'GET' || ['getUpload', 'getSystem', 'getUsageReport'].includes(name)) {
      return;
    }
    const { path, headers } = await samples[name as keyof typeof samples]();
    const read = await send('GET', `/api/v2/${path}`, undefined, headers);
    const { response, text } = await send('HEAD', `/api/v2/${path}`, undefined, headers);
    expect([response.status, text]).toEqual([read.response.status, '']);
    for (const header of ['content-type', 'content-length']) {
      expect(response.headers.get(header)).toBe(read.response.headers.get(header));
    }
  });

  test.each(Object.keys(samples))('%s ignores a Range header unless it sends bytes', async (name) => {
    const endpoint: EndpointDefinition = endpointsByName[name as EndpointName];
    if (endpoint.method !== 'GET' || endpoint.responseKind === 'bytes') {
      return;
    }
    const { path, headers } = await samples[name as keyof typeof samples]();
    const { response, text } = await send('GET', `/api/v2/${path}`, undefined, {
      ...headers,
      range: 'bytes=0-9',
    });
    expect(response.status).toBe(200);
    expect(() => JSON.parse(text)).not.toThrow();
  });
});

describe('methods', () => {
  const ALL = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
  const concrete = (path: string) =>
    path
      .replace(':jobId', finished)
      .replace(':runId', '1')
      .replace(':fileId', output)
      .replace('*', 'x')
      .replace(/:\w+/g, 'AbCdEf');
  const byPath = Map.groupBy(endpoints, ({ path }) => path);

  test.each([...byPath.keys()])(
    'others than those of %s are refused with a list of what is allowed',
    async (path) => {
      const defined: string[] = byPath.get(path)!.map(({ method }) => method);
      const allow = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter(
        (method) =>
          defined.includes(method) || method === 'OPTIONS' || (method === 'HEAD' && defined.includes('GET')),
      );
      for (const method of ALL.filter((each) => !defined.includes(each))) {
        const { response, text } = await send(method, concrete(path));
        expect([method, response.status]).toEqual([method, 405]);
        expect(response.headers.get('allow')).toBe(allow.join(', '));
        expect(JSON.parse(text)).toMatchObject({ detail: `Method "${method}" not allowed.` });
      }
      if (!defined.includes('GET')) {
        expect((await send('HEAD', concrete(path))).response.status).toBe(405);
      }
      const { response, text } = await send('OPTIONS', concrete(path));
      expect([response.status, response.headers.get('allow'), text]).toEqual([204, allow.join(', '), '']);
    },
  );

  test.each(['/api/v2/nothing/', '/api/v2/jobs/AbCdEf/nothing/', '/api/v4/jobs/', '/nothing'])(
    'nothing is at %s, and it is said in JSON',
    async (path) => {
      for (const method of ALL) {
        const { response, text } = await send(method, path);
        if (path.startsWith('/nothing') && method === 'GET') {
          continue;
        }
        expect([method, response.status]).toEqual([method, 404]);
        expect(JSON.parse(text)).toMatchObject({ detail: expect.any(String), code: 'unknown_path' });
      }
    },
  );

  test('a method that nobody knows is refused', async () => {
    const answer = await sendRaw(platform, rawRequest(platform, 'BREW', '/api/v2/jobs/'));
    expect(answer.status).toBe(400);
    const { status } = await sendRaw(platform, rawRequest(platform, 'PROPFIND', '/api/v2/jobs/'));
    expect([404, 405]).toContain(status);
  });
});

describe('requests of real clients', () => {
  interface Fixture {
    name: string;
    endpoint: EndpointName;
    body?: object;
    query?: Record<string, string>;
  }
  const directory = fileURLToPath(new URL('../../contract/fixtures/', import.meta.url));
  /** What those clients name that is only there on their platform. */
  const PLACEHOLDER = /"(AbCdEf|GhIjKl|InPutF|PaRamF|TmPlTe|PoStSc)"/g;
  const LACKING =
    /no analysis|no core type|version is not available|not offered|parameter sweeps|no such scripts|persistent cluster|no project/;

  const requests = readdirSync(directory)
    .filter((name) => name.endsWith('.json'))
    .flatMap((file) =>
      (JSON.parse(readFileSync(join(directory, file), 'utf8')) as Fixture[]).map(
        (fixture) => [`${file}: ${fixture.name}`, fixture] as const,
      ),
    );

  test.each(requests)('%s', async (_name, { endpoint: name, body, query }) => {
    const endpoint: EndpointDefinition = endpointsByName[name];
    const target = ['updateJob', 'deleteJob', 'replaceJob'].includes(name)
      ? await saveJob(platform)
      : finished;
    const path = endpoint.path
      .replace(':jobId', name === 'tailRunFile' ? running : target)
      .replace(':runId', '1')
      .replace(':fileId', inputFile)
      .replace('*', 'process_output.log');
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
    const sent = body && JSON.parse(JSON.stringify(body).replace(PLACEHOLDER, `"${inputFile}"`));
    const { response, text } = await send(endpoint.method, path + search, sent);
    if (response.status === endpoint.status) {
      return;
    }
    // A small host has fewer core types that are active.
    if (response.status === 404 && text.includes('Invalid page')) {
      return;
    }
    // Right only as a word about something that this platform does not have.
    expect([response.status, text]).toEqual([400, expect.stringMatching(LACKING)]);
  });
});

describe('refusals', () => {
  test('are JSON in the shapes of Django REST framework, whatever is refused', async () => {
    const refused = [
      await send('GET', '/api/v2/jobs/AbSent/'),
      await send('POST', '/api/v2/jobs/', {}),
      await send('POST', '/api/v2/jobs/', [1]),
      await send('PUT', '/api/v2/jobs/'),
      await send('GET', '/api/v2/jobs/?ordering=colour'),
      await send('GET', '/api/v2/jobs/?job_status=DONE'),
    ];
    for (const { response, text } of refused) {
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      const body = JSON.parse(text) as Record<string, unknown>;
      expect(text).toBe(JSON.stringify(body));
      if (response.status !== 400) {
        expect(body).toMatchObject({ detail: expect.any(String) });
      } else {
        for (const leaf of Object.values(body)) {
          expect(leaf).toEqual([expect.any(String)]);
        }
      }
    }
  });

  test('keep the connection for the next request', async () => {
    const { response } = await send('GET', '/api/v2/jobs/AbSent/');
    expect(response.headers.get('connection')).toBe('keep-alive');
  });
});

test('what a job is told about is in the list and in the header alike', async () => {
  const { response, text } = await send(
    'POST',
    '/api/v2/jobs/',
    definition('true', { colour: 'grün', shape: '"\\' }),
  );
  const { warnings } = JSON.parse(text) as { warnings: string[] };
  expect(warnings).toEqual([expect.stringContaining('colour'), expect.stringContaining('shape')]);
  const header = response.headers.get('warning')!;
  expect(header.match(/299 quarry "[^"]*"/g)).toHaveLength(2);
  await reach(platform, finished, 'Completed');
});
