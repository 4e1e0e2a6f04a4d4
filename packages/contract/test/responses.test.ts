import { describe, expect, test } from 'vitest';
import {
  analysis,
  clusterStatus,
  coreType,
  coreTypeV3,
  createJob,
  findUnknownFields,
  getJob,
  job,
  jobStatus,
  jobSummary,
  jobV3,
  listJobFiles,
  listJobs,
  page,
  responseSchema,
  run,
} from '../src/index.ts';

const at = '2026-01-05T09:00:00.120000Z';

const file = {
  id: 'AbCdEf',
  name: 'pi.py',
  typeId: 1,
  owner: 'ann@lab.example',
  dateUploaded: at,
  path: 'user/user_uSeRs/pi.py-k3x',
  relativePath: 'pi.py',
  decryptedSize: 12,
  downloadUrl: 'http://127.0.0.1:8080/api/v2/files/AbCdEf/contents/',
  encodedEncryptionKey: 'AAAA',
  isUploaded: true,
  isDeleted: false,
  viewInBrowser: true,
  sharedWith: [],
  fileChecksums: [{ hashFunction: 'sha512', fileHash: 'ab' }],
  storage: null,
  pathParts: null,
  iv: null,
  userTags: [],
};

const hardware = {
  coresPerSlot: 2,
  slots: 1,
  walltime: 1,
  type: 'compute',
  coreSummary: { numberOfNodes: 1, memoryPerNode: 8000, storagePerNode: 200 },
};

const tile = {
  command: 'python3 pi.py',
  envVars: {},
  flags: {},
  inputFiles: [{ ...file, decompress: true }],
  inputFolders: [],
  templateTasks: [],
  preProcessScript: null,
  preProcessScriptCommand: '',
  postProcessScript: null,
  postProcessScriptCommand: '',
  useRescaleLicense: false,
  onDemandLicenseSeller: null,
  userDefinedLicenseSettings: null,
};
const software = { code: 'user_included', name: 'Bring Your Own Software', version: '0', versionName: 'CPU' };

const common = {
  id: 'QkzTpb',
  name: 'pi',
  owner: 'ann@lab.example',
  dateInserted: at,
  description: '',
  projectId: null,
  folderId: null,
  clonedFrom: null,
  isLowPriority: false,
  billingPriorityValue: 'INSTANT',
  isTemplate: false,
  expectedRuns: 1,
  jobvariables: [],
  paramFile: null,
  caseFile: null,
  optimizer: null,
  includeNominalRun: false,
  monteCarloIterations: null,
  isTemplateDryRun: false,
  archiveFilters: [],
  resourceFilters: [],
  remoteVizConfig: null,
  userTags: [],
  customFields: {},
  cidrRule: '',
  publicKey: '',
  sshPort: 22,
  jobAutomations: [],
  clusterId: null,
  elapsedWalltimeSeconds: null,
  sharedWith: [],
};

const jobAnswer = {
  ...common,
  jobanalyses: [{ analysis: software, hardware: { coreType: 'granite', ...hardware }, ...tile }],
};
const jobAnswerV3 = {
  ...common,
  jobanalyses: [
    {
      analysis: { ...software, id: 'anaLys', type: 'compute' },
      hardware: { coreType: { code: 'granite', name: 'Granite', io: 35 }, ...hardware },
      ...tile,
    },
  ],
  attachedJobs: [],
  autoAttachCloudfilesystem: false,
  autosuspend: null,
  currentUserHasFullAccess: true,
  delayedStart: null,
  isPinned: false,
  isPublisherSandbox: false,
  launchConfig: null,
  osCostTier: 'linux-free',
  overrideImageName: null,
  overrideImageRegion: null,
  region: null,
  rsjJob: null,
  study: null,
  supportsReboot: false,
  suspendAvailable: false,
  suspensionStatus: null,
  templatedFrom: null,
};

describe('answers', () => {
  test('of a job are checked strictly in both versions', () => {
    expect(job.safeParse(jobAnswer).error).toBeUndefined();
    expect(jobV3.safeParse(jobAnswerV3).error).toBeUndefined();
    expect(job.safeParse({ ...jobAnswer, surprise: 1 }).success).toBe(false);
    expect(job.safeParse({ ...jobAnswer, dateInserted: undefined }).success).toBe(false);
    expect(job.safeParse(jobAnswerV3).success).toBe(false);
    expect(jobV3.safeParse(jobAnswer).success).toBe(false);
  });

  test('of a job may carry what we add', () => {
    const additions = {
      status: 'Queued',
      outcome: null,
      failure: null,
      waiting: { code: 'no_free_cores', message: 'Two jobs are before this one.', position: 3 },
      cost: { estimate: { amount: '0.10', currency: 'USD', formula: '2 cores x 1 h x 0.05' } },
      warnings: [],
    };
    expect(job.safeParse({ ...jobAnswer, ...additions }).error).toBeUndefined();
  });

  test.each([
    ['v2', jobAnswer],
    ['v3', jobAnswerV3],
  ])('of a job in %s can be sent back as a new definition, without a warning', (_version, answer) => {
    const parsed = createJob.body.parse(answer);
    expect(parsed.jobanalyses[0]!.hardware.coreType).toBe('granite');
    expect(parsed.jobanalyses[0]!.inputFiles).toEqual([{ id: 'AbCdEf', decompress: true }]);
    expect(findUnknownFields(createJob.body, answer)).toEqual([]);
  });

  test('have a schema per version, which is that of v2 unless v3 differs', () => {
    expect(responseSchema(getJob, 'v2')).toBe(job);
    expect(responseSchema(getJob, 'v3')).toBe(jobV3);
    expect(responseSchema(listJobFiles, 'v3')).toBe(listJobFiles.response);
    expect(responseSchema(listJobs, 'v3')).not.toBe(listJobs.response);
  });

  test('in pages have absolute links or null', () => {
    const schema = page(run);
    expect(schema.safeParse({ count: 0, next: null, previous: null, results: [] }).success).toBe(true);
    expect(schema.safeParse({ count: 0, next: '/api/v2/jobs/', previous: null, results: [] }).success).toBe(
      false,
    );
  });

  test('date job statuses with +00:00 and everything else with Z', () => {
    const row = { id: 'sTaTu', statusReason: null, substatus: null, notify: false, preventDuplicates: false };
    const jobRow = { ...row, jobId: 'QkzTpb', status: 'Pending' };
    const clusterRow = { ...row, clusterId: 'ClUsT', status: 'Started' };
    const offset = '2026-01-05T09:00:00.120000+00:00';
    expect(jobStatus.safeParse({ ...jobRow, statusDate: offset }).success).toBe(true);
    expect(jobStatus.safeParse({ ...jobRow, statusDate: at }).success).toBe(false);
    expect(clusterStatus.safeParse({ ...clusterRow, statusDate: at }).success).toBe(true);
    expect(clusterStatus.safeParse({ ...clusterRow, statusDate: offset }).success).toBe(false);
  });

  test('of a list of jobs count storage as a number', () => {
    const label = { content: '', labelClass: '', useLabel: false };
    const summary = {
      id: 'QkzTpb',
      name: 'pi',
      owner: 'ann@lab.example',
      dateInserted: at,
      analysisNames: ['Bring Your Own Software'],
      jobStatus: label,
      clusterStatusDisplay: label,
      isVisible: true,
      sharedWith: [],
      storage: 0,
    };
    expect(jobSummary.safeParse(summary).error).toBeUndefined();
    expect(jobSummary.safeParse({ ...summary, storage: '0' }).success).toBe(false);
  });

  test('of v3 lack what only v2 has', () => {
    for (const key of ['price', 'lowPriorityPrice', 'walltimeRequired']) {
      expect(coreType.shape).toHaveProperty(key);
      expect(coreTypeV3.shape).not.toHaveProperty(key);
    }
    expect(analysis.shape).toHaveProperty('supportDesks');
  });
});
