import { jobDefinition } from '@quarry/contract';
import { describe, expect, test } from 'vitest';
import { buildCatalog } from '../../catalog/catalog.ts';
import { builtInAnalyses } from '../../catalog/defaults/analyses.ts';
import { analysisTable } from '../../catalog/site/schema.ts';
import { LIMITS } from '../../limits.ts';
import { Problem } from '../../problems.ts';
import { checkDefinition, refuseTooMuch } from './check-definition.ts';
import type { Offer } from './offer.ts';

const node = { execPath: '/opt/node/bin/node', version: 'v26.0.0', visiblePaths: [] };
const catalog = buildCatalog({
  site: {
    settings: { builtInAnalyses: true, hostSoftware: true },
    aliases: { publicNames: false, coreTypes: {}, analyses: {}, anyVersion: false },
    coreTypes: [],
    analyses: [],
    prices: [],
  },
  host: { hostname: 'test', cores: 4, memoryMb: 16_000, processorInfo: 'Test CPU', gpus: 0 },
  capacity: { cores: 4, gpus: 0, of: 'this host' },
  software: {
    builtIn: builtInAnalyses({ python: null, node }),
    found: [
      analysisTable.parse({
        code: 'picky',
        name: 'Picky Solver',
        version: [{ code: '2.0' }, { code: '1.0', allowedCoreTypes: ['quartz'] }],
      }),
    ],
  },
});

const offer: Offer = {
  catalog,
  projects: [
    { id: 'PrOjEc', name: 'Wings', isDefault: false },
    { id: 'DeFaul', name: 'Default project', isDefault: true },
  ],
  requiresProject: false,
  maxJobHours: 48,
  unnamedHours: 48,
  devices: new Set(),
  clusters: new Map(),
  ownerId: 'OwNeRx',
  attachable: new Set(['AbCdEf']),
  nameable: new Set(['JobOne', 'JobTwo']),
};

const tile = {
  analysis: { code: 'user_included', version: '0' },
  command: 'true',
  hardware: { coreType: 'granite', coresPerSlot: 2 },
};
const basic = { name: 'a job', jobanalyses: [tile] };

/** What is chosen, and what is told, for a definition as a client sends it. */
function check(body: object, where: Partial<Offer> = {}) {
  const warnings: string[] = [];
  const chosen = checkDefinition(jobDefinition.parse(body as never), { ...offer, ...where }, (text) =>
    warnings.push(text),
  );
  return { chosen, warnings };
}

/** The body of the refusal. */
function refusal(body: object, where: Partial<Offer> = {}): Record<string, unknown> {
  try {
    check(body, where);
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    const { kind, fields } = error as Problem;
    expect(kind).toBe('invalid');
    return fields!;
  }
  throw new Error('The definition was accepted.');
}

const withTile = (change: object) => ({ ...basic, jobanalyses: [{ ...tile, ...change }] });
const withHardware = (change: object) => withTile({ hardware: { ...tile.hardware, ...change } });

describe('what is chosen', () => {
  test('is the newest version where none is named, and keeps the one that is', () => {
    expect(check(withTile({ analysis: { code: 'picky' } })).chosen.jobanalyses[0]!.analysis.version).toBe(
      '2.0',
    );
    const named = withTile({
      analysis: { code: 'picky', version: '1.0' },
      hardware: { coreType: 'quartz', coresPerSlot: 1 },
    });
    expect(check(named).chosen.jobanalyses[0]!.analysis.version).toBe('1.0');
  });

  test('is the default project where none is named, none where null is, and the one that is', () => {
    expect(check(basic).chosen.projectId).toBe('DeFaul');
    expect(check({ ...basic, projectId: null }).chosen.projectId).toBeNull();
    expect(check({ ...basic, project_id: 'PrOjEc' }).chosen.projectId).toBe('PrOjEc');
  });

  test('says nothing of a definition that is all effect', () => {
    expect(check(basic).warnings).toEqual([]);
  });
});

describe('a refusal stands under the field and says what is allowed', () => {
  test.each<[string, object, Partial<Offer>, string[], RegExp]>([
    [
      'core type',
      withHardware({ coreType: 'kryptonite' }),
      {},
      ['hardware', 'coreType'],
      /no core type "kryptonite".*coretypes\//,
    ],
    [
      'core type that the host is too small for',
      withHardware({ coreType: 'obsidian', coresPerSlot: 8 }),
      {},
      ['hardware', 'coreType'],
      /Obsidian is not available: This host has 4 cores/,
    ],
    [
      'cores',
      withHardware({ coresPerSlot: 1 }),
      {},
      ['hardware', 'coresPerSlot'],
      /^1 is not offered for Granite; choose cores from: 2, 4\.$/,
    ],
    [
      'cores beyond the host',
      withHardware({ coresPerSlot: 64 }),
      {},
      ['hardware', 'coresPerSlot'],
      /choose cores from: 2, 4\./,
    ],
    ['walltime', withHardware({ walltime: 49 }), {}, ['hardware', 'walltime'], /49 hours.*longest is 48/],
    ['interactive', withHardware({ type: 'interactive' }), {}, ['hardware', 'type'], /"compute"/],
    [
      'core type that the version does not run on',
      withTile({ analysis: { code: 'picky', version: '1.0' } }),
      {},
      ['hardware', 'coreType'],
      /picky does not run on Granite; it runs on: quartz/,
    ],
    [
      'analysis',
      withTile({ analysis: { code: 'nastran' } }),
      {},
      ['analysis', 'code'],
      /no analysis "nastran".*analyses\//,
    ],
    [
      'version',
      withTile({ analysis: { code: 'picky', version: '3' } }),
      {},
      ['analysis', 'version'],
      /^The specified version is not available\. Picky Solver is offered as: 2\.0, 1\.0\.$/,
    ],
    [
      'input file',
      withTile({ inputFiles: [{ id: 'NoFile' }] }),
      {},
      ['inputFiles', '0', 'id'],
      /no file "NoFile".*yours.*not deleted/,
    ],
    [
      'a template outside of the work directory',
      withTile({ templateTasks: [{ processedFilename: 'a/../../b', templateFile: { id: 'AbCdEf' } }] }),
      { attachable: new Set(['AbCdEf']) },
      ['templateTasks', '0', 'processedFilename'],
      /may not contain "\.\."/,
    ],
    [
      'a template over the log',
      withTile({
        templateTasks: [{ processedFilename: 'process_output.log', templateFile: { id: 'AbCdEf' } }],
      }),
      { attachable: new Set(['AbCdEf']) },
      ['templateTasks', '0', 'processedFilename'],
      /log of the run/,
    ],
    [
      'a template over what belongs to the platform',
      withTile({ templateTasks: [{ processedFilename: '.rescalepid', templateFile: { id: 'AbCdEf' } }] }),
      { attachable: new Set(['AbCdEf']) },
      ['templateTasks', '0', 'processedFilename'],
      /belongs to the platform/,
    ],
    [
      'the file of a template',
      withTile({ templateTasks: [{ processedFilename: 'x', templateFile: { id: 'NoFile' } }] }),
      {},
      ['templateTasks', '0', 'templateFile', 'id'],
      /no file "NoFile"/,
    ],
    [
      'the file of a script',
      withTile({ preProcessScript: { id: 'NoFile' }, preProcessScriptCommand: './x' }),
      {},
      ['preProcessScript', 'id'],
      /no file "NoFile"/,
    ],
  ])('%s', (_what, body, where, path, words) => {
    const { jobanalyses } = refusal(body, where) as { jobanalyses: unknown[] };
    expect(jobanalyses).toHaveLength(1);
    const leaf = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], jobanalyses[0]);
    expect(leaf).toEqual([expect.stringMatching(words)]);
  });

  test.each<[string, object, Partial<Offer>, RegExp]>([
    ['projectId', { projectId: 'NoProj' }, {}, /no project "NoProj".*users\/me\/projects\//],
    ['projectId', { projectId: null }, { requiresProject: true }, /must belong to a project/],
    ['clusterId', { clusterId: 'ClUsTe' }, {}, /no persistent cluster "ClUsTe"/],
  ])('%s %j', (field, change, where, words) => {
    expect(refusal({ ...basic, ...change }, where)).toEqual({ [field]: [expect.stringMatching(words)] });
  });

  test('tiles keep their places, and all mistakes are told at once', () => {
    const bad = { ...tile, analysis: { code: 'nastran' }, hardware: { ...tile.hardware, coresPerSlot: 3 } };
    expect(refusal({ ...basic, projectId: 'NoProj', jobanalyses: [tile, bad, tile] })).toEqual({
      projectId: [expect.any(String)],
      jobanalyses: [
        {},
        { analysis: { code: [expect.any(String)] }, hardware: { coresPerSlot: [expect.any(String)] } },
        {},
      ],
    });
  });
});

test('more tiles or inputs than a job may have are refused before any is looked up', () => {
  const many = (count: number, of: unknown) => Array.from({ length: count }, () => of);
  const refused = (body: object) => () => refuseTooMuch(jobDefinition.parse(body as never));
  expect(refused({ ...basic, jobanalyses: many(LIMITS.tilesPerJob, tile) })).not.toThrow();
  expect(refused({ ...basic, jobanalyses: many(LIMITS.tilesPerJob + 1, tile) })).toThrow(/no more than 20/);
  const half = { ...tile, inputFiles: many(LIMITS.inputsPerJob / 2 + 1, { id: 'AbCdEf' }) };
  expect(refused({ ...basic, jobanalyses: [half, half] })).toThrow(/at most 10000 input files.*archive/);
});

test('what is accepted without effect is told', () => {
  const other = { ...tile, hardware: { coreType: 'quartz', coresPerSlot: 1 } };
  const { warnings } = check({
    ...basic,
    folderId: 'FoLdEr',
    cidrRule: 'everywhere',
    publicKey: 'ssh-ed25519 AAAA',
    archiveFilters: [{ selector: '*' }],
    resourceFilters: [{ selector: '*' }],
    jobAutomations: [{ automation: { id: 'AuToMa' } }, { automation: { id: 'BuToMa' } }],
    jobanalyses: [tile, other, { ...tile, useRescaleLicense: true }],
  });
  for (const word of [
    'folderId',
    'cidrRule',
    'publicKey',
    'archiveFilters',
    'resourceFilters',
    'automation "AuToMa"',
    'automation "BuToMa"',
    'jobanalyses[1].hardware',
    'Licences',
  ]) {
    expect(warnings.filter((text) => text.includes(word))).toHaveLength(1);
  }
});
