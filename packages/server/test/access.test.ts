import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOpenApi, type EndpointName, endpointsByName } from '@quarry/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newApiKey } from '../src/access/keys.ts';
import { BuiltPortal } from '../src/portal/built.ts';
import { portalRoutes } from '../src/portal/routes.ts';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import {
  addUser,
  definition,
  loseJob,
  makeApiKey,
  reach,
  runJob,
  type Someone,
  saveJob,
  signIn,
  submitJob,
  tryKey,
  trySignIn,
  until,
  uploadFile,
} from './platform-harness.ts';

/** Headers that stand for nobody: 401 on everything that is not public. */
const REFUSED = [
  'nobody',
  'a header without a key',
  'another scheme',
  'a wrong key',
  'a mistyped key',
  'an expired key',
  'a revoked key',
  'a deactivated user',
  'a job that has ended',
  'an agent whose cluster has ended',
] as const;
/** Callers that are somebody. The member owns what the rows are about; the manager manages its project. */
const KNOWN = ['member', 'another member', 'manager', 'admin', 'job', 'agent', 'another agent'] as const;
type KnownCaller = (typeof KNOWN)[number];
type Expected = Record<KnownCaller, number>;

const KEEPS_WAITING = 'echo "$RESCALE_API_KEY" > key; echo ready; sleep 300';

let platform: Platform;
let member: Someone;
let project: string;
let running: { jobId: string; clusterId: string };
let inputFile: string;
const headers = new Map<string, string | undefined>();

beforeAll(async () => {
  platform = await startPlatform({ cores: 16, config: 'trust_proxy = true\n' });
  const owner = (who: Someone) => `Token ${who.key}`;
  const [other, manager, admin, locked] = await Promise.all([
    addUser(platform, 'other@lab.example'),
    addUser(platform, 'manager@lab.example', { role: 'manager' }),
    addUser(platform, 'admin@lab.example', { role: 'admin' }),
    addUser(platform, 'locked@lab.example'),
  ]);
  member = await addUser(platform, 'member@lab.example');
  project = (await platform.call('POST', '/api/v2/projects/', { name: 'wings' })).body.id;
  await platform.call('POST', `/api/v2/projects/${project}/members/`, { userId: member.id });
  await platform.call('POST', `/api/v2/projects/${project}/members/`, {
    userId: manager.id,
    role: 'manager',
  });

  const expiring = await makeKey({ name: 'short', dateExpires: new Date(Date.now() + 1500).toISOString() });
  const revoked = await makeKey({ name: 'revoked' });
  for (const key of [expiring.key, revoked.key, locked.key]) {
    expect(await useKey(key)).toBe(200);
  }
  await platform.call('DELETE', `/api/v2/users/me/api-keys/${revoked.id}/`, undefined, member.key);
  await platform.call('PATCH', `/api/v2/users/${locked.id}/`, { isActive: false });

  inputFile = (await uploadFile(platform, 'input.txt', 'an input', member.key)).id;
  const mine = await startWaiting(member.key, { projectId: project }, [inputFile]);
  const theirs = await startWaiting(other.key);
  const ended = await startWaiting(member.key);
  running = mine;
  await platform.call('POST', `/api/v2/jobs/${ended.jobId}/stop/`);
  await reach(platform, ended.jobId, 'Completed');
  await until(async () => {
    const { body } = await platform.call('GET', `/api/v2/jobs/${ended.jobId}/cluster_statuses/`);
    return body.results[0].status === 'Stopped';
  }, 'the end of the cluster');
  await until(async () => (await useKey(expiring.key)) === 401, 'the end of a key');

  headers
    .set('nobody', undefined)
    .set('a header without a key', 'Token')
    .set('another scheme', `Basic ${Buffer.from(`x:${member.key}`).toString('base64')}`)
    .set('a wrong key', `Token ${newApiKey()}`)
    .set('a mistyped key', `Token ${mistype(member.key)}`)
    .set('an expired key', `Token ${expiring.key}`)
    .set('a revoked key', `Token ${revoked.key}`)
    .set('a deactivated user', owner(locked))
    .set('a job that has ended', `Token ${ended.jobKey}`)
    .set('an agent whose cluster has ended', `Bearer ${ended.agentToken}`)
    .set('member', owner(member))
    .set('another member', owner(other))
    .set('manager', owner(manager))
    .set('admin', owner(admin))
    .set('job', `Token ${mine.jobKey}`)
    .set('agent', `Bearer ${mine.agentToken}`)
    .set('another agent', `Bearer ${theirs.agentToken}`);
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

const makeKey = (body: object) => makeApiKey(platform, body, member.key);
const useKey = (key: string) => tryKey(platform, key);

/** Starts a job that waits, and learns what it and its agent carry. */
async function startWaiting(key: string, change: object = {}, inputs: string[] = []) {
  const inputFiles = inputs.map((id) => ({ id }));
  const jobId = await submitJob(platform, definition(KEEPS_WAITING, change, { inputFiles }), key);
  const jobKey = await until(async () => {
    const { status, body } = await platform.call('GET', `/api/v2/jobs/${jobId}/runs/1/tail/key?lines=1`);
    return status === 200 && (body.lines[0] as string);
  }, 'the key of a job');
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/cluster_statuses/`);
  const { clusterId } = body.results[0];
  const file = await readFile(join(platform.dataDir, 'clusters', clusterId, 'cluster.json'), 'utf8');
  return { jobId, clusterId, jobKey, agentToken: JSON.parse(file).token as string };
}

function mistype(key: string): string {
  return `${key.slice(0, 10)}${key[10] === 'x' ? 'y' : 'x'}${key.slice(11)}`;
}

let hosts = 0;
/** As through a proxy, from another client each time: many wrong keys of one would be answered with 429. */
function fromElsewhere(): Record<string, string> {
  hosts += 1;
  return { 'x-forwarded-for': `10.0.${Math.floor(hosts / 250)}.${hosts % 250}` };
}

/** Sends a request as somebody; a FormData body is sent as one, anything else as JSON. */
async function ask(
  as: string,
  method: string,
  path: string,
  body?: unknown,
  more: Record<string, string> = {},
): Promise<Response> {
  const authorization = headers.get(as);
  return fetch(new URL(path, platform.url), {
    method,
    headers: {
      ...more,
      ...(authorization === undefined ? {} : { authorization }),
      ...fromElsewhere(),
      ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined || body instanceof FormData ? body : JSON.stringify(body),
  });
}

interface Target {
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}
interface Row {
  /** Something of the member's for the endpoint to act on; fresh for every caller where it is used up. */
  target: () => Target | Promise<Target>;
  expected: Expected;
}

const NOT_FOR_AGENTS = { agent: 403, 'another agent': 403 };
/** Everybody has their own of it. */
const own = (status: number): Expected => ({
  member: status,
  'another member': status,
  manager: status,
  admin: status,
  job: status,
  ...NOT_FOR_AGENTS,
});
/** A job of the member's in a project that the manager manages. */
const jobOfMember = (status: number): Expected => ({ ...own(status), 'another member': 404 });
/** The same, for the owner alone to change. */
const ownJobOfMember = (status: number): Expected => ({ ...jobOfMember(status), manager: 403 });
/** A file that the member uploaded. */
const fileOfMember = (status: number): Expected => ({ ...own(status), 'another member': 404, manager: 404 });
const managersOnly = (status: number): Expected => ({
  ...own(status),
  member: 403,
  'another member': 403,
  job: 403,
});
/** Something for the members of the project, who the member and the manager are. */
const projectsOnly = (status: number): Expected => ({ ...own(status), 'another member': 404 });
const adminsOnly = (status: number): Expected => ({ ...managersOnly(status), manager: 403 });
/** A job's key makes no keys that outlive it. */
const notForJobs = (status: number): Expected => ({ ...own(status), job: 403 });

const at =
  (path: string, body?: unknown): Row['target'] =>
  () => ({ path, body });
const onSavedJob =
  (rest = '', body?: unknown): Row['target'] =>
  async () => {
    const id = await saveJob(platform, definition('true', { projectId: project }), member.key);
    return { path: `/api/v2/jobs/${id}/${rest}`, body };
  };
const onRunningJob =
  (rest: string, body?: unknown): Row['target'] =>
  () => ({ path: `/api/v2/jobs/${running.jobId}/${rest}`, body });
const onEndedJob =
  (rest: string, body?: unknown): Row['target'] =>
  async () => {
    const { id } = await runJob(platform, definition('false', { projectId: project }), member.key);
    return { path: `/api/v2/jobs/${id}/${rest}`, body };
  };
const CLUSTER = { name: 'wings', hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 1 } };
/** By what they are for: one that is started holds cores, and is for all callers. */
const clusters = new Map<string, string>();
/** A persistent cluster of the member's, in the project. */
const onCluster =
  (rest: string, shared?: string): (() => Promise<Target>) =>
  async () => {
    const known = shared && clusters.get(shared);
    if (known) {
      return { path: `/api/v2/clusters/${known}/${rest}` };
    }
    const wanted = { ...CLUSTER, projectId: project };
    const { body } = await platform.call('POST', '/api/v2/clusters/', wanted, member.key);
    clusters.set(shared ?? '', body.id);
    return { path: `/api/v2/clusters/${body.id}/${rest}` };
  };
const onFile =
  (rest = ''): Row['target'] =>
  () => ({ path: `/api/v2/files/${inputFile}/${rest}` });
const upload: Row['target'] = () => {
  const form = new FormData();
  form.set('file', new Blob(['bytes']), 'upload.txt');
  return { path: '/api/v2/files/contents/', body: form };
};
/** An upload belongs to its owner alone, whatever anybody's role. */
const uploadOfMember = (status: number): Expected => ({ ...fileOfMember(status), admin: 404 });
const TUS = { 'tus-resumable': '1.0.0' };
const beginUpload = {
  ...TUS,
  'upload-length': '1048577',
  'upload-metadata': `filename ${btoa('mesh.dat')},partBytes ${btoa('1048576')}`,
};
/** A divided upload of the member's, with its first part when asked for. */
const onUpload =
  (rest = '', options: { isPart?: boolean; length?: string } = {}): Row['target'] =>
  async () => {
    const wish = { ...beginUpload, ...(options.length && { 'upload-length': options.length }) };
    const begun = await ask('member', 'POST', '/api/v2/files/uploads/', undefined, wish);
    const upload = (await begun.json()) as { id: string; parts: { id: string }[] };
    const id = options.isPart ? upload.parts[0]!.id : upload.id;
    return {
      path: `/api/v2/files/uploads/${id}/${rest}`,
      headers: { ...TUS, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    };
  };
const onProject =
  (rest = '', body?: unknown): Row['target'] =>
  () => ({ path: `/api/v2/projects/${project}/${rest}`, body });
const TEMPLATE = { name: 't', definition: definition() };
/** A job template for those who belong to the project. */
const onTemplate =
  (rest: string, body?: unknown): Row['target'] =>
  async () => {
    const made = await platform.call('POST', '/api/v2/job-templates/', { ...TEMPLATE, projectId: project });
    return { path: `/api/v2/job-templates/${made.body.id}/${rest}`, body };
  };
/** A device of the member's in the project that the manager manages. */
const newDevice = async () => {
  const body = { name: 'device', storageSize: 1, projectId: project };
  return (await platform.call('POST', '/api/v2/storage-devices/', body, member.key)).body.id as string;
};
const onDevice =
  (rest: string, body?: unknown): Row['target'] =>
  async () => ({ path: `/api/v2/storage-devices/${await newDevice()}/${rest}`, body });
const onStartedDevice =
  (rest: string, body?: unknown): Row['target'] =>
  async () => {
    const id = await newDevice();
    await platform.call('POST', `/api/v2/storage-devices/${id}/submit/`, undefined, member.key);
    await platform.call('PUT', `/api/v2/storage-devices/${id}/contents/file`, ['x'], member.key);
    return { path: `/api/v2/storage-devices/${id}/${rest}`, body };
  };
/** One of the member's, about a job of theirs. */
const newTask = async () => {
  const path = `/api/v2/jobs/${running.jobId}/archive/task/`;
  return (await platform.call('POST', path, {}, member.key)).body.id as string;
};
let count = 0;
const newUser = () => addUser(platform, `user-${count++}@lab.example`);

const table: Record<EndpointName, Row> = {
  getApiRoot: { target: at('/api/v2/'), expected: own(200) },
  getServerInfo: {
    target: at('/api/v2/server/'),
    expected: { ...own(200), agent: 200, 'another agent': 200 },
  },
  getCurrentUser: { target: at('/api/v2/users/me/'), expected: own(200) },
  updateCurrentUser: { target: at('/api/v2/users/me/', { cidrRule: '' }), expected: notForJobs(200) },
  listMyProjects: { target: at('/api/v2/users/me/projects/'), expected: own(200) },
  getProject: { target: onProject(), expected: projectsOnly(200) },
  listCoreTypes: { target: at('/api/v2/coretypes/'), expected: own(200) },
  listAnalyses: { target: at('/api/v2/analyses/'), expected: own(200) },
  getAnalysis: { target: at('/api/v2/analyses/user_included/'), expected: own(200) },
  getUsageReport: { target: at('/api/v2/usage/'), expected: own(200) },
  listComputePrices: { target: at('/api/v2/billing/computeprices/'), expected: own(200) },

  listJobs: { target: at('/api/v2/jobs/'), expected: own(200) },
  countJobs: { target: at('/api/v2/jobs/counts/'), expected: own(200) },
  previewJob: { target: at('/api/v2/jobs/preview/', { definition: definition() }), expected: own(200) },
  createJob: { target: at('/api/v2/jobs/', definition()), expected: own(201) },
  getJob: { target: onRunningJob(''), expected: jobOfMember(200) },
  updateJob: { target: onSavedJob('', { name: 'renamed' }), expected: { ...jobOfMember(200), manager: 403 } },
  replaceJob: {
    target: onSavedJob('', definition('false', { projectId: null })),
    expected: { ...jobOfMember(200), manager: 403 },
  },
  deleteJob: { target: onSavedJob(), expected: jobOfMember(204) },
  submitJob: { target: onSavedJob('submit/'), expected: { ...jobOfMember(200), manager: 403 } },
  stopJob: { target: onSavedJob('stop/'), expected: jobOfMember(202) },
  shutdownJob: { target: onSavedJob('shutdown/'), expected: jobOfMember(202) },
  cloneJob: { target: onSavedJob('clone/', {}), expected: jobOfMember(201) },
  restartJob: {
    target: async () => {
      const body = definition('echo 1 > state', { projectId: project });
      return { path: `/api/v2/jobs/${(await runJob(platform, body, member.key)).id}/restart/` };
    },
    expected: { ...jobOfMember(201), manager: 403 },
  },
  createJobs: { target: at('/api/v2/jobs/bulk/', { jobs: [definition()] }), expected: own(201) },
  stopJobs: {
    target: async () => {
      const id = await saveJob(platform, definition('true', { projectId: project }), member.key);
      return { path: '/api/v2/jobs/stop/', body: { jobs: [id] } };
    },
    expected: { ...own(202), 'another member': 400 },
  },
  listJobStatuses: { target: onRunningJob('statuses/'), expected: jobOfMember(200) },
  watchJob: { target: onRunningJob('events/'), expected: jobOfMember(200) },
  listClusterStatuses: { target: onRunningJob('cluster_statuses/'), expected: jobOfMember(200) },
  listJobClusters: { target: onRunningJob('clusters/'), expected: jobOfMember(200) },
  listJobInstances: { target: onRunningJob('instances/'), expected: jobOfMember(200) },
  getConnectionDetails: { target: onRunningJob('connection_details/'), expected: jobOfMember(200) },
  listClusters: { target: at('/api/v2/clusters/'), expected: own(200) },
  getCluster: {
    target: () => ({ path: `/api/v2/clusters/${running.clusterId}/` }),
    expected: jobOfMember(200),
  },
  listStatusesOfCluster: {
    target: () => ({ path: `/api/v2/clusters/${running.clusterId}/statuses/` }),
    expected: jobOfMember(200),
  },
  createCluster: { target: at('/api/v2/clusters/', CLUSTER), expected: own(201) },
  startCluster: { target: onCluster('start/', 'startable'), expected: jobOfMember(204) },
  shutdownCluster: { target: onCluster('shutdown/'), expected: jobOfMember(204) },
  attachJob: {
    target: async () => {
      const { path } = await onCluster('jobs/')();
      const id = await saveJob(platform, definition('true', { projectId: project }), member.key);
      return { path, body: { id } };
    },
    expected: ownJobOfMember(201),
  },
  listJobTags: { target: onRunningJob('tags/'), expected: jobOfMember(200) },
  addJobTag: { target: onSavedJob('tags/', { name: 'x' }), expected: ownJobOfMember(201) },
  removeJobTag: { target: onSavedJob('tags/', { name: 'x' }), expected: ownJobOfMember(204) },
  removeNamedJobTag: { target: onSavedJob('tags/x/'), expected: ownJobOfMember(204) },
  getJobCustomFields: { target: onRunningJob('custom-fields/'), expected: jobOfMember(200) },
  setJobCustomFields: { target: onSavedJob('custom-fields/', { a: 1 }), expected: ownJobOfMember(200) },
  getJobSsh: { target: onRunningJob('ssh/'), expected: jobOfMember(200) },
  listJobFiles: { target: onRunningJob('files/'), expected: jobOfMember(200) },
  downloadJobArchive: { target: onRunningJob('archive/'), expected: jobOfMember(200) },
  createJobArchiveTicket: {
    target: () => ({ path: `/api/v2/jobs/${running.jobId}/archive/ticket/`, body: {} }),
    expected: jobOfMember(201),
  },
  createJobResultsTask: { target: onRunningJob('results/task/', {}), expected: jobOfMember(202) },
  createJobArchiveTask: { target: onRunningJob('archive/task/', {}), expected: jobOfMember(202) },
  listJobRuns: { target: onRunningJob('runs/'), expected: jobOfMember(200) },
  getJobRun: { target: onRunningJob('runs/1/'), expected: jobOfMember(200) },
  listRunFiles: { target: onRunningJob('runs/1/files/'), expected: jobOfMember(200) },
  listRunDirectory: { target: onRunningJob('runs/1/directory-contents/'), expected: jobOfMember(200) },
  getJobResults: { target: onRunningJob('results/'), expected: jobOfMember(200) },
  // Of a job that is no sweep there is nothing to analyse.
  getJobSensitivity: { target: onRunningJob('sensitivity/'), expected: jobOfMember(409) },
  getJobResponseSurface: { target: onRunningJob('response-surface/'), expected: jobOfMember(409) },
  signalJobRun: {
    target: onRunningJob('runs/1/signal/', { signal: 'SIGCONT' }),
    expected: { ...jobOfMember(200), manager: 403 },
  },
  stopJobRun: { target: onEndedJob('runs/1/stop/'), expected: jobOfMember(200) },
  // Each by itself: what is not theirs is refused in the answer, see bulk-each.test.ts.
  deleteJobs: { target: at('/api/v2/jobs/delete/', { jobs: ['AbSent'] }), expected: own(200) },
  tagJobs: { target: at('/api/v2/jobs/tags/', { jobs: ['AbSent'], add: ['x'] }), expected: own(200) },
  rerunJobs: { target: at('/api/v2/jobs/rerun/', { jobs: ['AbSent'] }), expected: own(202) },
  deleteFiles: { target: at('/api/v2/files/delete/', { files: ['AbSent'] }), expected: own(200) },
  rerunJobRuns: { target: onEndedJob('runs/rerun/', {}), expected: { ...jobOfMember(202), manager: 403 } },
  discardRunDirectory: {
    target: async () => {
      const body = definition('echo ready; sleep 300', { projectId: project });
      return { path: `/api/v2/jobs/${await loseJob(platform, body, member.key)}/runs/1/directory/` };
    },
    expected: jobOfMember(204),
  },
  takeRunSnapshot: { target: onRunningJob('runs/1/snapshot/'), expected: jobOfMember(200) },
  listRunSnapshots: { target: onRunningJob('runs/1/snapshots/'), expected: jobOfMember(200) },
  tailRunFile: { target: onRunningJob('runs/1/tail/process_output.log'), expected: jobOfMember(200) },
  findInRunFile: {
    target: onRunningJob('runs/1/find/process_output.log?q=a'),
    expected: jobOfMember(200),
  },
  getRunLineIndex: {
    target: onRunningJob('runs/1/line-index/process_output.log'),
    expected: jobOfMember(200),
  },

  listFiles: { target: at('/api/v2/files/'), expected: own(200) },
  uploadFile: { target: upload, expected: own(201) },
  putFile: { target: upload, expected: own(201) },
  getFile: { target: onFile(), expected: fileOfMember(200) },
  updateFile: {
    target: () => ({ path: `/api/v2/files/${inputFile}/`, body: { typeId: 1 } }),
    expected: fileOfMember(200),
  },
  deleteFile: {
    target: async () => ({ path: `/api/v2/files/${(await uploadFile(platform, 'x', 'x', member.key)).id}/` }),
    expected: fileOfMember(204),
  },
  // What a job's own agent must be able to bring to it.
  downloadFile: {
    target: onFile('contents/'),
    expected: { ...fileOfMember(200), agent: 200, 'another agent': 404 },
  },
  createFileTicket: { target: onFile('ticket/'), expected: fileOfMember(201) },
  viewFile: { target: onFile('view/'), expected: fileOfMember(200) },
  createFileViewTicket: {
    target: () => ({ path: `/api/v2/files/${inputFile}/view/ticket/`, body: {} }),
    expected: fileOfMember(201),
  },
  downloadFilesArchive: {
    target: () => ({ path: `/api/v2/files/archive/?ids=${inputFile}` }),
    expected: fileOfMember(200),
  },
  createFilesArchiveTicket: {
    target: () => ({ path: '/api/v2/files/archive/ticket/', body: { ids: [inputFile] } }),
    expected: fileOfMember(201),
  },
  findInFile: { target: onFile('find/?q=input'), expected: fileOfMember(200) },
  getLineIndex: { target: onFile('line-index/'), expected: fileOfMember(200) },
  readFileLines: { target: onFile('lines/'), expected: fileOfMember(200) },
  adoptKnownFiles: {
    target: at('/api/v2/files/by-digest/', { files: [{ name: 'x', sizeBytes: 1 }] }),
    expected: own(200),
  },
  uploadFiles: {
    target: () => {
      const form = new FormData();
      form.set('manifest', JSON.stringify([{ name: 'many.txt', sizeBytes: 5 }]));
      form.set('file', new Blob(['bytes']), 'many.txt');
      return { path: '/api/v2/files/bulk/', body: form };
    },
    expected: own(201),
  },
  getFilePartDigests: { target: onFile('part-digests/'), expected: fileOfMember(200) },
  listUploads: { target: at('/api/v2/files/uploads/'), expected: own(200) },
  createUpload: {
    target: () => ({ path: '/api/v2/files/uploads/', headers: beginUpload }),
    expected: own(201),
  },
  getUpload: { target: onUpload(), expected: uploadOfMember(200) },
  patchUpload: { target: onUpload('', { isPart: true }), expected: uploadOfMember(204) },
  deleteUpload: { target: onUpload(), expected: uploadOfMember(204) },
  finishUpload: {
    target: async () => ({ path: (await onUpload('finish/', { length: '0' })()).path }),
    expected: uploadOfMember(201),
  },
  getUploadPartDigests: { target: onUpload('part-digests/', { length: '0' }), expected: uploadOfMember(200) },

  listStorageDevices: { target: at('/api/v2/storage-devices/'), expected: own(200) },
  createStorageDevice: {
    target: at('/api/v2/storage-devices/', { name: 'device', storageSize: 1 }),
    expected: own(201),
  },
  getStorageDevice: { target: onDevice(''), expected: jobOfMember(200) },
  updateStorageDevice: { target: onDevice('', { name: 'renamed' }), expected: jobOfMember(200) },
  deleteStorageDevice: { target: onDevice(''), expected: jobOfMember(204) },
  submitStorageDevice: { target: onDevice('submit/'), expected: jobOfMember(200) },
  listStorageDeviceStatuses: { target: onDevice('statuses/'), expected: jobOfMember(200) },
  attachStorageDevice: {
    target: async () => {
      const { path } = await onSavedJob('storage-devices/')();
      return { path, body: { storageDevice: { id: await newDevice() } } };
    },
    expected: { ...jobOfMember(201), manager: 403 },
  },

  listStorageEntries: { target: onStartedDevice('directory-contents/'), expected: jobOfMember(200) },
  readStorageFile: { target: onStartedDevice('contents/file'), expected: jobOfMember(200) },
  writeStorageFile: { target: onStartedDevice('contents/other', ['x']), expected: jobOfMember(201) },
  deleteStorageEntry: { target: onStartedDevice('contents/file'), expected: jobOfMember(204) },
  makeStorageDirectory: {
    target: onStartedDevice('directories/', { path: 'd' }),
    expected: jobOfMember(201),
  },
  // Who may use the device does not thereby read the member's files.
  copyToStorage: {
    target: async () => onStartedDevice('file-downloads/', { files: [{ id: inputFile }] })(),
    expected: { ...jobOfMember(200), manager: 400 },
  },

  createStorageCopyTask: {
    target: async () => onStartedDevice('file-downloads/task/', { files: [{ id: inputFile }] })(),
    expected: { ...jobOfMember(202), manager: 400 },
  },

  listJobTemplates: { target: at('/api/v2/job-templates/'), expected: own(200) },
  createJobTemplate: {
    target: () => ({ path: '/api/v2/job-templates/', body: { ...TEMPLATE, projectId: project } }),
    expected: managersOnly(201),
  },
  getJobTemplate: { target: onTemplate(''), expected: projectsOnly(200) },
  updateJobTemplate: { target: onTemplate('', { name: 'other' }), expected: managersOnly(200) },
  deleteJobTemplate: { target: onTemplate(''), expected: managersOnly(204) },
  listJobTemplateVersions: { target: onTemplate('versions/'), expected: projectsOnly(200) },
  previewJobTemplate: { target: onTemplate('preview/', { values: {} }), expected: projectsOnly(200) },
  createTemplateJob: { target: onTemplate('jobs/', { values: {} }), expected: projectsOnly(201) },

  listUsers: { target: at('/api/v2/users/'), expected: adminsOnly(200) },
  createUser: {
    target: () => ({ path: '/api/v2/users/', body: { email: `user-${count++}@lab.example` } }),
    expected: adminsOnly(201),
  },
  updateUser: {
    target: () => ({ path: `/api/v2/users/${member.id}/`, body: { fullName: 'Ann Member' } }),
    expected: adminsOnly(200),
  },
  listApiKeys: { target: at('/api/v2/users/me/api-keys/'), expected: notForJobs(200) },
  createApiKey: { target: at('/api/v2/users/me/api-keys/', { name: 'another' }), expected: notForJobs(201) },
  revokeApiKey: {
    target: async () => ({ path: `/api/v2/users/me/api-keys/${(await makeKey({ name: 'to revoke' })).id}/` }),
    expected: { ...notForJobs(204), 'another member': 404, manager: 404 },
  },
  setPassword: {
    target: at('/api/v2/users/me/password/', { password: 'correct horse battery' }),
    expected: notForJobs(204),
  },
  createPasswordLink: {
    target: () => ({ path: `/api/v2/users/${member.id}/password-link/` }),
    expected: adminsOnly(201),
  },
  getPreferences: { target: at('/api/v2/users/me/preferences/'), expected: notForJobs(200) },
  updatePreferences: {
    target: at('/api/v2/users/me/preferences/', { theme: 'dark' }),
    expected: notForJobs(200),
  },
  createSession: {
    target: () => ({
      path: '/api/v2/session/',
      body: { key: member.key },
      headers: { origin: new URL(platform.url).origin },
    }),
    expected: { ...own(201), agent: 201, 'another agent': 201 },
  },
  // A key is no session: what is said of one is in sessions.test.ts.
  getSession: { target: at('/api/v2/session/'), expected: own(404) },
  endSession: { target: at('/api/v2/session/'), expected: own(404) },
  createSignInLink: { target: at('/api/v2/session/link/'), expected: notForJobs(201) },
  listSessions: { target: at('/api/v2/users/me/sessions/'), expected: notForJobs(200) },
  revokeSession: {
    target: async () => ({ path: `/api/v2/users/me/sessions/${(await signIn(platform, member.key)).id}/` }),
    expected: { ...notForJobs(204), 'another member': 404, manager: 404 },
  },
  listProjects: { target: at('/api/v2/projects/'), expected: managersOnly(200) },
  createProject: { target: at('/api/v2/projects/', { name: 'tails' }), expected: adminsOnly(201) },
  updateProject: { target: onProject('', { description: 'of aircraft' }), expected: managersOnly(200) },
  addProjectMember: {
    target: async () => (await onProject('members/', { userId: (await newUser()).id })()) as Target,
    expected: managersOnly(201),
  },
  removeProjectMember: {
    target: async () => {
      const { id } = await newUser();
      await platform.call('POST', `/api/v2/projects/${project}/members/`, { userId: id });
      return { path: `/api/v2/projects/${project}/members/${id}/` };
    },
    expected: managersOnly(204),
  },
  listEvents: { target: at('/api/v2/events-log/'), expected: adminsOnly(200) },
  getSystem: { target: at('/api/v2/system/'), expected: adminsOnly(200) },
  runDoctor: { target: at('/api/v2/system/doctor/'), expected: adminsOnly(202) },
  getDoctorRun: {
    target: async () => {
      await ask('admin', 'POST', '/api/v2/system/doctor/');
      return { path: '/api/v2/system/doctor/' };
    },
    expected: adminsOnly(200),
  },
  rereadCatalogue: { target: at('/api/v2/system/catalogue/'), expected: adminsOnly(200) },
  listJobUsage: { target: onRunningJob('usage/'), expected: jobOfMember(200) },
  getRunUsage: { target: onRunningJob('runs/1/usage/'), expected: jobOfMember(200) },
  listLoadMeasurements: { target: onRunningJob('cluster-load-measurements/'), expected: jobOfMember(200) },
  askServerLoad: { target: onRunningJob('servers/load/'), expected: jobOfMember(200) },
  listJobLogs: { target: onRunningJob('logs/'), expected: jobOfMember(200) },
  getTask: {
    target: async () => {
      const asked = await ask('member', 'GET', `/api/v2/jobs/${running.jobId}/servers/load/`);
      return { path: `/api/v2/tasks/${((await asked.json()) as { token: string }).token}/` };
    },
    // The answer is for whoever asked, whatever anybody's role; the job's key acts for the same user.
    expected: { ...jobOfMember(200), manager: 404, admin: 404 },
  },
  listTasks: { target: at('/api/v2/tasks/'), expected: own(200) },
  deleteTask: {
    target: async () => ({ path: `/api/v2/tasks/${await newTask()}/` }),
    expected: jobOfMember(204),
  },
  watchEvents: { target: at('/api/v2/events/'), expected: own(200) },
  exchange: {
    target: () => ({
      path: `/api/agent/clusters/${running.clusterId}/exchange/`,
      body: { events: [], lastBatch: 1, wantRuns: 0, knownStop: null, waitSeconds: 0 },
    }),
    expected: { ...adminsOnly(403), agent: 200, 'another agent': 403 },
  },
  askSshAccess: {
    target: () => ({ path: `/api/agent/clusters/${running.clusterId}/ssh-access/` }),
    expected: { ...adminsOnly(403), agent: 200, 'another agent': 403 },
  },
  answerAgentRequest: {
    // Nobody waits for it: it is dropped.
    target: () => ({ path: `/api/agent/clusters/${running.clusterId}/requests/AbCdEf/answer/` }),
    expected: { ...adminsOnly(403), agent: 204, 'another agent': 403 },
  },
  describeCluster: {
    target: () => ({ path: `/api/agent/clusters/${running.clusterId}/` }),
    expected: { ...adminsOnly(403), agent: 200, 'another agent': 403 },
  },
  askDeliveries: {
    target: () => ({
      path: `/api/agent/clusters/${running.clusterId}/deliveries/`,
      body: { files: [{ sha512: '0'.repeat(128), sizeBytes: 1 }] },
    }),
    expected: { ...adminsOnly(403), agent: 200, 'another agent': 403 },
  },
  // Bytes of which none is there: the one batch is no batch, the other begins where nothing is.
  deliverMany: {
    target: () => ({ path: `/api/agent/clusters/${running.clusterId}/deliveries/batch/` }),
    expected: { ...adminsOnly(403), agent: 400, 'another agent': 403 },
  },
  deliverBytes: {
    target: () => ({
      path: `/api/agent/clusters/${running.clusterId}/deliveries/${'0'.repeat(128)}/?sizeBytes=2&offset=1`,
    }),
    expected: { ...adminsOnly(403), agent: 409, 'another agent': 403 },
  },
};

describe('who may call what', () => {
  test('is said for every endpoint of the contract', () => {
    expect(Object.keys(table).sort()).toEqual(Object.keys(endpointsByName).sort());
  });

  test.each(Object.entries(table))('%s', async (name, { target, expected }) => {
    const { access, method } = endpointsByName[name as EndpointName];
    const { path, body, headers: more } = await target();
    const got: Record<string, number> = {};
    for (const caller of REFUSED) {
      const response = await ask(caller, method, path, body, more);
      got[caller] = response.status;
      if (response.status === 401) {
        expect(response.headers.get('www-authenticate')).toBe('Token');
        expect(await response.json()).toMatchObject({ detail: expect.any(String), hint: expect.any(String) });
      }
    }
    for (const caller of KNOWN) {
      const fresh = await target();
      got[caller] = (await ask(caller, method, fresh.path, fresh.body, fresh.headers)).status;
    }
    const refused = Object.fromEntries(
      REFUSED.map((caller) => [caller, access === 'public' ? expected.member : 401]),
    );
    expect(got).toEqual({ ...refused, ...expected });
  });

  test('is in the OpenAPI document, answer by answer', () => {
    const operations = Object.values(buildOpenApi({ version: 'v2' }).paths).flatMap((path) =>
      Object.values(path),
    );
    const undocumented = operations.flatMap(({ operationId, responses }) => {
      const { agent, 'another agent': anotherAgent, ...people } = table[operationId as EndpointName].expected;
      const answers =
        endpointsByName[operationId as EndpointName].access === 'agent'
          ? [agent, anotherAgent]
          : Object.values(people);
      return answers.filter((status) => !(status in responses)).map((status) => `${operationId}: ${status}`);
    });
    expect([...new Set(undocumented)]).toEqual([]);
  });

  const portal = { built: new BuiltPortal('/nowhere'), buildState: () => 'none' as const };
  const pages = portalRoutes('test', portal)
    .map(({ endpoint }) => endpoint.path)
    .filter((path) => path !== '/assets/:name');
  test.each(pages)('%s is for everybody', async (path) => {
    for (const caller of [...REFUSED, ...KNOWN]) {
      expect((await ask(caller, 'GET', path.replace(/:\w+/g, 'AbCdEf'))).status).toBe(200);
    }
  });
});

describe('what is somebody else’s', () => {
  test('cannot be told from what is not there', async () => {
    const absent = running.jobId === 'AbSent' ? 'aBsENT' : 'AbSent';
    for (const [path, id] of [
      ['jobs', running.jobId],
      ['files', inputFile],
    ] as const) {
      const theirs = await ask('another member', 'GET', `/api/v2/${path}/${id}/`);
      const nothing = await ask('another member', 'GET', `/api/v2/${path}/${absent}/`);
      expect(theirs.status).toBe(404);
      expect((await theirs.text()).replaceAll(id, absent)).toBe(await nothing.text());
    }
  });

  test('is in no list of theirs', async () => {
    for (const caller of ['another member', 'manager', 'admin'] as const) {
      const { results } = (await (await ask(caller, 'GET', '/api/v2/jobs/?page_size=1000')).json()) as {
        results: Array<{ id: string }>;
      };
      expect(results.some(({ id }) => id === running.jobId)).toBe(caller !== 'another member');
    }
  });

  test('cannot be attached to a job', async () => {
    const body = definition('true', {}, { inputFiles: [{ id: inputFile }] });
    for (const caller of ['another member', 'manager'] as const) {
      const response = await ask(caller, 'POST', '/api/v2/jobs/', body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        jobanalyses: [{ inputFiles: [{ id: [expect.any(String)] }] }],
      });
    }
  });

  test('cannot be named as the project of a job', async () => {
    const response = await ask(
      'another member',
      'POST',
      '/api/v2/jobs/',
      definition('true', { projectId: project }),
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ projectId: [expect.stringContaining('users/me/projects/')] });
  });

  test('is out of reach of a job’s key even when its owner is an administrator', async () => {
    const { jobId, jobKey } = await startWaiting(platform.apiKey);
    const call = (method: string, path: string, body?: unknown) => platform.call(method, path, body, jobKey);
    expect((await call('GET', `/api/v2/jobs/${jobId}/`)).status).toBe(200);
    expect((await call('GET', `/api/v2/jobs/${running.jobId}/`)).status).toBe(404);
    expect((await call('GET', `/api/v2/files/${inputFile}/contents/`)).status).toBe(404);
    const thief = definition('true', {}, { inputFiles: [{ id: inputFile }] });
    expect((await call('POST', '/api/v2/jobs/', thief)).status).toBe(400);
    expect((await call('POST', '/api/v2/users/', { email: 'x@y.example' })).status).toBe(403);
    await platform.call('POST', `/api/v2/jobs/${jobId}/stop/`);
  });
});

test('the keys of jobs and agents sign nobody in', async () => {
  for (const caller of ['job', 'agent']) {
    const key = headers.get(caller)!.split(' ')[1];
    const answer = await trySignIn(platform, { key }, { 'x-forwarded-for': '10.9.9.9' });
    expect([caller, answer.status, Object.keys((await answer.json()) as object)]).toEqual([
      caller,
      400,
      ['key'],
    ]);
  }
});

describe('a manager', () => {
  test('reads the outputs of jobs in the project, and those alone', async () => {
    const inside = await runJob(
      platform,
      definition('echo result > out.txt', { projectId: project }),
      member.key,
    );
    const outside = await runJob(
      platform,
      definition('echo result > out.txt', { projectId: null }),
      member.key,
    );
    const outputs = async (jobId: string) => {
      const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/files/`, undefined, member.key);
      return body.results as Array<{ id: string }>;
    };
    for (const { id } of await outputs(inside.id)) {
      expect((await ask('manager', 'GET', `/api/v2/files/${id}/contents/`)).status).toBe(200);
      expect((await ask('another member', 'GET', `/api/v2/files/${id}/contents/`)).status).toBe(404);
    }
    for (const { id } of await outputs(outside.id)) {
      expect((await ask('manager', 'GET', `/api/v2/files/${id}/contents/`)).status).toBe(404);
    }
  });

  test('has no say in projects of others', async () => {
    const { body } = await platform.call('POST', '/api/v2/projects/', { name: 'rudders' });
    const path = `/api/v2/projects/${body.id}/`;
    expect((await ask('manager', 'PATCH', path, { name: 'mine' })).status).toBe(404);
    expect((await ask('manager', 'POST', `${path}members/`, { userId: member.id })).status).toBe(404);
    expect((await ask('manager', 'DELETE', `${path}members/${member.id}/`)).status).toBe(404);
  });
});

describe('the Authorization header', () => {
  const withHeader = async (authorization: string) =>
    (
      await fetch(new URL('/api/v2/users/me/', platform.url), {
        headers: { authorization, ...fromElsewhere() },
      })
    ).status;

  test.each(['Token', 'token', 'TOKEN', 'Bearer', 'bearer'])('takes the scheme word %s', async (scheme) => {
    expect(await withHeader(`${scheme} ${member.key}`)).toBe(200);
    expect(await withHeader(`${scheme}   ${member.key} `)).toBe(200);
  });

  test.each(['KEY', 'KEY KEY', 'Token KEY KEY', 'Digest KEY', 'TokenKEY', 'Token "KEY"', 'Token KEY,'])(
    'is refused as %s',
    async (shape) => {
      expect(await withHeader(shape.replaceAll('KEY', member.key))).toBe(401);
    },
  );

  test('says what is wrong with the key, as far as that may be known', async () => {
    const detail = async (caller: string) =>
      (await (await ask(caller, 'GET', '/api/v2/users/me/')).json()) as { detail: string; hint: string };
    expect((await detail('nobody')).detail).toBe('Authentication credentials were not provided.');
    expect((await detail('a wrong key')).detail).toBe('Invalid token.');
    expect((await detail('a mistyped key')).hint).toMatch(/mistyped/);
    expect((await detail('an expired key')).detail).toMatch(/expired/);
    expect(await detail('a revoked key')).toEqual(await detail('a wrong key'));
  });
});
