import {
  analysis as analysisSchema,
  analysisV3 as analysisV3Schema,
  computePrice as computePriceSchema,
  coreType as coreTypeSchema,
  coreTypeV3 as coreTypeV3Schema,
} from '@quarry/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { often } from '../../contract/testing/often.ts';
import {
  analysisToWire,
  analysisToWireV3,
  coreTypeToWire,
  coreTypeToWireV3,
  priceToWire,
} from '../src/api/catalog/to-wire.ts';
import { buildCatalog } from '../src/catalog/catalog.ts';
import { builtInAnalyses } from '../src/catalog/defaults/analyses.ts';
import { inspectHost } from '../src/catalog/host.ts';
import { decimal } from '../src/catalog/prices.ts';
import type { Site } from '../src/catalog/site/read-site.ts';
import { analysisTable, coreTypeTable, priceTable } from '../src/catalog/site/schema.ts';
import type { Capacity, Catalog, Host } from '../src/catalog/types.ts';

const silent: Site = {
  settings: { builtInAnalyses: true, hostSoftware: true },
  aliases: { publicNames: false, coreTypes: {}, analyses: {}, anyVersion: false },
  coreTypes: [],
  analyses: [],
  prices: [],
};
const node = { execPath: '/opt/node/bin/node', version: 'v26.0.0', visiblePaths: ['/opt/node'] };
const builtIn = builtInAnalyses({ python: null, node });

function hostWith(cores: number, memoryMb = 4000 * cores): Host {
  return { hostname: 'test', cores, memoryMb, processorInfo: 'Test CPU', gpus: 0 };
}

function build(
  host: Host,
  {
    site = {},
    found = [],
    capacity,
  }: { site?: Partial<Site>; found?: unknown[]; capacity?: Capacity | null } = {},
): Catalog {
  return buildCatalog({
    site: { ...silent, ...site },
    host,
    capacity: capacity === undefined ? { cores: host.cores, gpus: host.gpus, of: 'this host' } : capacity,
    software: { builtIn, found: found.map((table) => analysisTable.parse(table)) },
  });
}

const anyHost = fc
  .record({ cores: fc.integer({ min: 1, max: 512 }), memoryMb: fc.integer({ min: 512, max: 4_000_000 }) })
  .map(({ cores, memoryMb }) => hostWith(cores, memoryMb));

describe('the built-in catalogue', () => {
  it('keeps its promises on any host', () => {
    fc.assert(
      fc.property(anyHost, (host) => {
        const catalog = build(host);
        const granite = catalog.coreType('granite');
        expect(granite?.cores).not.toContain(1);
        expect(granite?.categoryCodes).toContain('general');
        if (host.cores >= 2) {
          expect(granite).toMatchObject({ available: true, cores: expect.arrayContaining([2]) });
        }
        expect(catalog.coreType('quartz')).toMatchObject({ available: true, cores: [1] });
        expect(catalog.coreTypes.length).toBeGreaterThan(10);

        for (const coreType of catalog.coreTypes) {
          expect(coreType.gpuCounts).toHaveLength(coreType.cores.length);
          expect(coreType.available).toBe(coreType.unavailableReason === null);
          if (!coreType.available) {
            continue;
          }
          for (const size of coreType.cores) {
            expect(size).toBeLessThanOrEqual(host.cores);
            if (host.memoryMb >= host.cores) {
              expect(size * coreType.memoryMbPerCore).toBeLessThanOrEqual(host.memoryMb);
            }
          }
        }
      }),
    );
  });

  it('offers a cheapest general core type under the plan that clients look for', () => {
    const catalog = build(hostWith(2));
    const general = catalog.coreTypes.filter(({ categoryCodes }) => categoryCodes.includes('general'));
    expect(general.length).toBeGreaterThan(1);
    const offers = catalog.prices.filter(
      (row) =>
        row.planType.endsWith('on-demand') &&
        row.isActive &&
        general.some(({ code }) => code === row.coreType),
    );
    const cheapest = offers.reduce((a, b) => (Number(b.amount) < Number(a.amount) ? b : a));
    expect(cheapest).toMatchObject({
      coreType: 'quartz',
      planType: 'on-demand',
      os: 'linux',
      amount: '0.025',
    });
  });

  it('says in words why a type is not available, and keeps its price from being active', () => {
    const catalog = build(hostWith(2));
    expect(catalog.coreType('slate')).toMatchObject({
      available: false,
      cores: [4, 8, 16, 32],
      unavailableReason: 'This host has 2 cores; the smallest slot of this type takes 4.',
    });
    expect(catalog.coreType('amethyst')?.unavailableReason).toMatch(/^This host has no GPU/);
    expect(catalog.coreType('gneiss')?.unavailableReason).toMatch(/^This host has 8000 MB of memory/);
    expect(
      catalog.prices.filter(({ coreType }) => coreType === 'slate').map(({ isActive }) => isActive),
    ).toEqual([false, false, false]);
    expect(build(hostWith(1)).coreType('granite')?.unavailableReason).toMatch(
      /^This host has 1 core; .* takes 2\.$/,
    );
  });

  it('has the codes and versions that public job definitions use', () => {
    const catalog = build(hostWith(2));
    expect(catalog.version('user_included', '0')).toBeDefined();
    expect(catalog.version('custom', '0')).toBeDefined();
    expect(catalog.version('user_included_mpi')).toBeDefined();
    expect(catalog.version('miniconda', '4.8.4')?.unavailableReason).toMatch(/no python3: install it/);
    expect(catalog.version('nodejs')).toMatchObject({ code: '26.0.0', searchPath: ['/opt/node/bin'] });
    expect(catalog.analysis('user_included')?.name).toBe('Bring Your Own Software');
  });

  it('counts what this process may use', () => {
    const host = inspectHost();
    expect(host.cores).toBeGreaterThan(0);
    expect(host.memoryMb).toBeGreaterThan(100);
    expect(host.processorInfo).not.toBe('');
  });
});

describe('a catalogue', () => {
  const solver = (version: object[], more: object = {}) =>
    analysisTable.parse({ code: 'solver', name: 'Solver', version, ...more });

  it('gives the first version when none is named, and none for an unknown one', () => {
    const catalog = build(hostWith(2), { site: { analyses: [solver([{ code: '2' }, { code: '1' }])] } });
    expect(catalog.version('solver')?.code).toBe('2');
    expect(catalog.version('solver', null)?.code).toBe('2');
    expect(catalog.version('solver', '')?.code).toBe('2');
    expect(catalog.version('solver', '1')?.code).toBe('1');
    expect(catalog.version('solver', '3')).toBeUndefined();
    expect(catalog.version('constructor')).toBeUndefined();
    expect(catalog.coreType('constructor')).toBeUndefined();
  });

  it('cannot be changed', () => {
    const catalog = build(hostWith(2));
    expect(() => (catalog.coreTypes as unknown[]).push({})).toThrow(TypeError);
    expect(() => Object.assign(catalog.coreTypes[0]!, { code: 'x' })).toThrow(TypeError);
    expect(() => (catalog.coreTypes[0]!.cores as number[]).push(1)).toThrow(TypeError);
    expect(() => (catalog.analyses[0]!.versions as unknown as unknown[]).pop()).toThrow(TypeError);
  });

  it('lets a site replace what is built in or found, in its place, and keeps names unique', () => {
    const found = [
      { code: 'octave', name: 'Solver', version: [{ code: '7' }] },
      { code: 'solver', name: 'Found solver', version: [{ code: '9' }] },
    ];
    const catalog = build(hostWith(2), { site: { analyses: [solver([{ code: '1' }])] }, found });
    expect(catalog.analysis('solver')?.name).toBe('Solver');
    expect(catalog.version('solver')?.code).toBe('1');
    expect(catalog.analysis('octave')?.name).toBe('Solver (octave)');
    const names = catalog.analyses.map(({ name }) => name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
  });

  it('leaves out what a site does not want', () => {
    const found = [{ code: 'octave', name: 'Octave', version: [{ code: '7' }] }];
    const codes = (settings: Site['settings']) =>
      build(hostWith(2), { site: { settings, analyses: [solver([{ code: '1' }])] }, found }).analyses.map(
        ({ code }) => code,
      );
    expect(codes({ ...silent.settings, builtInAnalyses: false })).toEqual(['octave', 'solver']);
    expect(codes({ ...silent.settings, builtInAnalyses: false, hostSoftware: false })).toEqual(['solver']);
  });

  it('offers only sizes that fit the capacity it is told, or all where the scheduler decides', () => {
    const coreTypes = [coreTypeTable.parse({ code: 'big', cores: [4, 8, 64], gpuCounts: [0, 4, 8] })];
    const cores = (capacity: Capacity | null) => {
      const coreType = build(hostWith(2), { site: { coreTypes }, capacity }).coreType('big')!;
      return [coreType.available, coreType.cores, coreType.gpuCounts];
    };
    expect(cores({ cores: 64, gpus: 4, of: 'the cluster' })).toEqual([true, [4, 8], [0, 4]]);
    expect(cores(null)).toEqual([true, [4, 8, 64], [0, 4, 8]]);
    expect(cores({ cores: 2, gpus: 8, of: 'the cluster' })).toEqual([false, [4, 8, 64], [0, 4, 8]]);
  });

  it('keeps the reason a site gives for switching a type off', () => {
    const off = { code: 'x', cores: [1], isActive: false };
    const coreTypes = [
      coreTypeTable.parse({ ...off, unavailableReason: 'Under repair.' }),
      coreTypeTable.parse({ ...off, code: 'y' }),
    ];
    const catalog = build(hostWith(2), { site: { coreTypes } });
    expect(catalog.coreType('x')?.unavailableReason).toBe('Under repair.');
    expect(catalog.coreType('y')?.unavailableReason).toBe('This site has switched it off.');
  });

  it('has one truth about a price, wherever it stands', () => {
    const coreTypes = [coreTypeTable.parse({ code: 'x', cores: [1], price: 0.2, currency: 'EUR' })];
    const prices = [
      priceTable.parse({ coreType: 'x', planType: 'on-demand', amount: 0.1, currency: 'EUR' }),
      priceTable.parse({ coreType: 'x', planType: 'on-demand', os: 'windows', amount: 0.4 }),
    ];
    const catalog = build(hostWith(2), { site: { coreTypes, prices } });
    expect(catalog.coreType('x')).toMatchObject({ price: 0.2, lowPriorityPrice: 0.1, currency: 'EUR' });
    expect(catalog.prices.map(({ planType, os, amount }) => [planType, os, amount])).toEqual([
      ['on-demand', 'linux', '0.10'],
      ['on-demand', 'windows', '0.40'],
      ['on-demand-priority', 'linux', '0.20'],
      ['reserved', 'linux', '0.10'],
    ]);
  });

  it('writes any price as a plain decimal number', () => {
    expect([0, 0.05, 0.025, 1, 1e-7, 1_000_000].map(decimal)).toEqual([
      '0.00',
      '0.05',
      '0.025',
      '1.00',
      '0.00',
      '1000000.00',
    ]);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1_000_000, noNaN: true }), (amount) => {
        expect(decimal(amount)).toMatch(/^\d+\.\d{2,6}$/);
        expect(Math.abs(Number(decimal(amount)) - amount)).toBeLessThanOrEqual(5.001e-7);
      }),
    );
  });

  it('gives versions ids that stay the same', () => {
    const ids = () => build(hostWith(4)).analyses.flatMap(({ versions }) => versions.map(({ id }) => id));
    expect(ids()).toEqual(ids());
    expect(new Set(ids()).size).toBe(ids().length);
    for (const id of ids()) {
      expect(id).toMatch(/^[A-Za-z]{6}$/);
    }
  });
});

describe('the wire', () => {
  it('gets every field it promises, in both versions', () => {
    fc.assert(
      fc.property(anyHost, (host) => {
        const catalog = build(host, {
          found: [{ code: 'x', name: 'X', website: 'https://x.example', version: [{ code: '1' }] }],
        });
        for (const coreType of catalog.coreTypes) {
          expect(() => coreTypeSchema.parse(coreTypeToWire(coreType))).not.toThrow();
          expect(() => coreTypeV3Schema.parse(coreTypeToWireV3(coreType))).not.toThrow();
        }
        for (const analysis of catalog.analyses) {
          expect(() => analysisSchema.parse(analysisToWire(analysis))).not.toThrow();
          expect(() => analysisV3Schema.parse(analysisToWireV3(analysis))).not.toThrow();
        }
        for (const price of catalog.prices) {
          expect(() => computePriceSchema.parse(priceToWire(price))).not.toThrow();
        }
      }),
      { numRuns: often(20) },
    );
  });

  it('has the prices of a core type as clients read them', () => {
    const wire = coreTypeToWire(build(hostWith(2)).coreType('granite')!);
    expect(wire).toMatchObject({
      price: 0.05,
      lowPriorityPrice: '0.03',
      isActive: true,
      memory: 3488,
      gpuCounts: [0],
    });
  });

  it('says why a version cannot be used', () => {
    const wire = analysisToWire(build(hostWith(2)).analysis('miniconda')!);
    expect(wire.versions[0]).toMatchObject({
      versionCode: '4.8.4',
      unavailableReason: expect.stringMatching(/no python3/),
    });
  });
});
