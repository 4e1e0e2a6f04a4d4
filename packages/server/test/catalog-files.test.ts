import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { often } from '../../contract/testing/often.ts';
import { CatalogError } from '../src/catalog/catalog-error.ts';
import { MAX_CATALOG_FILE_BYTES, MAX_CATALOG_FILES } from '../src/catalog/limits.ts';
import { loadCatalog } from '../src/catalog/load-catalog.ts';
import { didYouMean, editDistance } from '../src/catalog/site/did-you-mean.ts';
import { parseToml } from '../src/catalog/site/parse-toml.ts';
import { parseYaml } from '../src/catalog/site/parse-yaml.ts';
import {
  aliasesTable,
  analysisTable,
  coreTypeTable,
  priceTable,
  settingsTable,
} from '../src/catalog/site/schema.ts';
import type { Host } from '../src/catalog/types.ts';
import { fieldsOf, writeDefaultCatalog } from '../src/catalog/write-examples.ts';

const host: Host = { hostname: 'test', cores: 8, memoryMb: 32_000, processorInfo: 'Test CPU', gpus: 0 };

let root: string;
let directory: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quarry-catalog-'));
  directory = join(root, 'catalog');
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function load(files: Record<string, string>) {
  await mkdir(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(directory, name), text);
  }
  return loadCatalog({ directory, host });
}

/** The mistakes of a load that must fail, each as one line. */
async function mistakes(files: Record<string, string>): Promise<string[]> {
  const error: unknown = await load(files).then(
    () => expect.fail('the catalogue was taken without a word'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(CatalogError);
  return (error as CatalogError).message.split('\n').slice(1);
}

const granite = '[[coreType]]\ncode = "granite"\ncores = [2, 4]\n';

describe('mistakes in TOML', () => {
  it('are told with file, line, field, what is allowed and what was found', async () => {
    expect(
      await mistakes({
        'core-types.toml': '# hardware\n[[coreType]]\ncode = "granite"\ncores = ["two", 4]\n',
      }),
    ).toEqual([
      'catalog/core-types.toml:4: coreType.cores[0]: must be a positive integer, at most 1000000, got "two"',
    ]);
  });

  it('are told all at once, over all files, by file and line', async () => {
    const lines = await mistakes({
      'core-types.toml': '[[coreType]]\ncode = "a b"\ncores = [\n  4,\n  0,\n  -1,\n]\nhasSsd = "yes"\n',
      'analyses.yaml': 'analysis:\n  - code: solver\n    name: ""\n    version:\n      - code: 4.8\n',
    });
    expect(lines).toEqual([
      expect.stringMatching(/^catalog\/analyses\.yaml:3: analysis\.name: must not be empty, got ""$/),
      expect.stringMatching(
        /^catalog\/analyses\.yaml:5: analysis\.version\[0\]\.code: must be a code in quotes.* got 4\.8$/,
      ),
      expect.stringMatching(/^catalog\/core-types\.toml:2: coreType\.code: .*got "a b"$/),
      expect.stringMatching(/^catalog\/core-types\.toml:5: coreType\.cores\[1\]: .*got 0$/),
      expect.stringMatching(/^catalog\/core-types\.toml:6: coreType\.cores\[2\]: .*got -1$/),
      expect.stringMatching(
        /^catalog\/core-types\.toml:8: coreType\.hasSsd: must be true or false, .*got "yes"$/,
      ),
    ]);
  });

  it('include sizes that do not ascend', async () => {
    expect(await mistakes({ 'a.toml': '[[coreType]]\ncode = "a"\ncores = [4, 2, 2]\n' })).toEqual([
      'catalog/a.toml:3: coreType.cores[1]: must be larger than the size before it, got 2 after 4',
      'catalog/a.toml:3: coreType.cores[2]: must be larger than the size before it, got 2 after 2',
    ]);
  });

  it('name the table of a missing field', async () => {
    expect(await mistakes({ 'a.toml': '\n\n[[coreType]]\ncores = [1]\n' })).toEqual([
      expect.stringMatching(/^catalog\/a\.toml:3: coreType\.code: is missing: it must be a code/),
    ]);
  });

  it('suggest the field that was meant', async () => {
    expect(await mistakes({ 'a.toml': `${granite}memroyMbPerCore = 4\nmemory = 5\nzzz = 1\n` })).toEqual([
      expect.stringMatching(
        /^catalog\/a\.toml:4: coreType\.memroyMbPerCore: .*did you mean "memoryMbPerCore"\?/,
      ),
      expect.stringMatching(/^catalog\/a\.toml:5: coreType\.memory: .*did you mean "memoryMbPerCore"\?/),
      expect.stringMatching(/^catalog\/a\.toml:6: coreType\.zzz: .*allowed are code, name, description/),
    ]);
    expect(await mistakes({ 'a.toml': '[[coreTypes]]\ncode = "x"\ncores = [1]\n' })).toEqual([
      expect.stringMatching(/^catalog\/a\.toml:1: coreTypes: .*did you mean "coreType"\?/),
    ]);
  });

  it('of syntax are told with their line', async () => {
    expect(await mistakes({ 'a.toml': '[[coreType]]\ncode = "gra\n' })).toEqual([
      expect.stringMatching(/^catalog\/a\.toml:2: Unterminated string/),
    ]);
  });

  it('are found in inline tables and dotted keys', async () => {
    const text = 'coreType = [\n  { code = "x",  cores = [true] },\n]\ncatalog.builtInAnalyses = 1\n';
    expect(await mistakes({ 'a.toml': text })).toEqual([
      expect.stringMatching(/^catalog\/a\.toml:2: coreType\.cores\[0\]: .*got true$/),
      expect.stringMatching(/^catalog\/a\.toml:4: catalog\.builtInAnalyses: .*got 1$/),
    ]);
  });
});

describe('mistakes in YAML', () => {
  it('are told with file, line, field, what is allowed and what was found', async () => {
    const text = 'coreType:\n  - code: granite\n    cores:\n      - 2\n      - two\n    core: 1\n';
    expect(await mistakes({ 'hardware.yml': text })).toEqual([
      'catalog/hardware.yml:5: coreType.cores[1]: must be a positive integer, at most 1000000, got "two"',
      expect.stringMatching(/^catalog\/hardware\.yml:6: coreType\.core: .*did you mean "cores"\?/),
    ]);
  });

  it('of syntax are all told', async () => {
    const lines = await mistakes({ 'a.yaml': 'coreType:\n  - code: a\n    code: b\n    cores: [1\n' });
    expect(lines[0]).toMatch(/^catalog\/a\.yaml:3: .*unique/i);
    expect(lines.length).toBeGreaterThan(1);
  });

  it('do not arise from an empty file or one of comments only', async () => {
    const catalog = await load({ 'a.yaml': '', 'b.yml': '# nothing yet\n', 'c.toml': '' });
    expect(catalog.coreType('granite')?.cores).toEqual([2, 4, 8]);
  });

  it('include aliases that explode', async () => {
    const levels = Array.from(
      { length: 12 },
      (_, n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(n ? 12 : 0)} 1]`,
    );
    expect(await mistakes({ 'a.yaml': `${levels.join('\n')}\n` })).toEqual([expect.stringMatching(/alias/)]);
  });
});

describe('what no single field can tell', () => {
  it('refuses codes and names that are taken, within and between files, naming the first place', async () => {
    expect(
      await mistakes({
        'a.toml': granite,
        'b.yaml':
          'coreType:\n  - {code: granite, cores: [1]}\n  - {code: x, name: Y, cores: [1]}\n  - {code: z, name: y, cores: [1]}\n',
        'c.toml':
          '[[analysis]]\ncode = "s"\nname = "S"\n[[analysis.version]]\ncode = "1"\n[[analysis.version]]\ncode = "1"\n',
      }),
    ).toEqual([
      'catalog/b.yaml:2: coreType.code: "granite" is taken already in catalog/a.toml:2',
      'catalog/b.yaml:4: coreType.name: "y" is taken already in catalog/b.yaml:3',
      'catalog/c.toml:7: analysis.version[1].code: "1" is taken already in catalog/c.toml:5',
    ]);
  });

  it('refuses references to core types that do not exist, with the one that was meant', async () => {
    const lines = await mistakes({
      'a.toml': granite,
      'b.toml': '[[price]]\ncoreType = "granit"\nplanType = "on-demand"\namount = 1\n',
      'c.toml':
        '[[analysis]]\ncode = "s"\nname = "S"\n[[analysis.version]]\ncode = "1"\nallowedCoreTypes = ["granite", "quartz"]\n',
    });
    expect(lines).toEqual([
      'catalog/b.toml:2: price.coreType: there is no core type "granit"; did you mean "granite"?',
      'catalog/c.toml:6: analysis.version[0].allowedCoreTypes[1]: there is no core type "quartz"; core types are granite',
    ]);
  });

  it('lets files without core types refer to the built-in ones', async () => {
    const catalog = await load({
      'p.toml': '[[price]]\ncoreType = "quartz"\nplanType = "reserved"\namount = 1\n',
    });
    expect(catalog.price('quartz', 'reserved')?.amount).toBe('1.00');
  });

  it('refuses an analysis without versions and a version allowed nowhere', async () => {
    const lines = await mistakes({
      'a.toml': '[[analysis]]\ncode = "s"\nname = "S"\nversion = []\n',
      'b.yaml': 'analysis:\n  - code: t\n    name: T\n    version: [{code: "1", allowedCoreTypes: []}]\n',
      'c.yaml': 'analysis:\n  - code: u\n    name: U\n',
    });
    expect(lines).toEqual([
      'catalog/a.toml:4: analysis.version: must have at least one version, got []',
      expect.stringMatching(/^catalog\/b\.yaml:4: .*allowedCoreTypes: must name at least one core type/),
      expect.stringMatching(/^catalog\/c\.yaml:2: analysis\.version: is missing/),
    ]);
  });

  it('refuses GPU counts that do not go with the sizes, repeated prices and prices that contradict', async () => {
    const price = '[[price]]\ncoreType = "granite"\nplanType = "on-demand-priority"\namount = 2\n';
    expect(
      await mistakes({ 'a.toml': `${granite}gpuCounts = [1]\nprice = 1.5\n`, 'b.toml': price + price }),
    ).toEqual([
      'catalog/a.toml:4: coreType.gpuCounts: must have one count for each of cores: 2 of them, got 1',
      'catalog/b.toml:4: price.amount: contradicts coreType.price = 1.5 in catalog/a.toml:5; keep one of the two',
      expect.stringMatching(
        /^catalog\/b\.toml:7: price\.planType: there is a price for granite, .* in catalog\/b\.toml/,
      ),
      'catalog/b.toml:8: price.amount: contradicts coreType.price = 1.5 in catalog/a.toml:5; keep one of the two',
    ]);
  });

  it('refuses settings that stand in two files', async () => {
    const text = '[catalog]\nhostSoftware = false\n';
    expect(await mistakes({ 'a.toml': text, 'b.toml': text })).toEqual([
      'catalog/b.toml:1: catalog: stands already in catalog/a.toml:1; keep one',
    ]);
  });

  it('refuses paths, modules and variables that would not reach a command as written', async () => {
    const text = [
      'analysis:',
      '  - code: s',
      '    name: S',
      '    version:',
      '      - code: "1"',
      '        searchPath: [bin, "/a:/b"]',
      '        modules: ["x; rm -rf /"]',
      '        environment: { PATH: /x, "A-B": x, N: 1 }',
    ].join('\n');
    expect(await mistakes({ 'a.yaml': text })).toEqual([
      expect.stringMatching(/a\.yaml:6: .*searchPath\[0\]: must be an absolute path .*got "bin"$/),
      expect.stringMatching(/a\.yaml:6: .*searchPath\[1\]: must be an absolute path/),
      expect.stringMatching(/a\.yaml:7: .*modules\[0\]: must be the name of an environment module/),
      expect.stringMatching(/a\.yaml:8: .*environment\.PATH: .*searchPath/),
      expect.stringMatching(/a\.yaml:8: .*environment\.A-B: is no name for a variable/),
      expect.stringMatching(/a\.yaml:8: .*environment\.N: must be text in quotes.* got 1$/),
    ]);
  });
});

describe('files of a site', () => {
  it('that are too large, not UTF-8 or unreadable are mistakes', async () => {
    await mkdir(join(directory, 'd.toml'), { recursive: true });
    await writeFile(join(directory, 'b.toml'), Buffer.from([0x61, 0xff, 0xfe]));
    expect(await mistakes({ 'a.toml': '#'.repeat(MAX_CATALOG_FILE_BYTES + 1) })).toEqual([
      `catalog/a.toml:1: has ${MAX_CATALOG_FILE_BYTES + 1} bytes, at most ${MAX_CATALOG_FILE_BYTES} are read`,
      'catalog/b.toml:1: is not text in UTF-8',
      expect.stringMatching(/^catalog\/d\.toml:1: cannot be read: EISDIR/),
    ]);
  });

  it('that are links to nothing are mistakes', async () => {
    await mkdir(directory, { recursive: true });
    await symlink(join(root, 'nowhere'), join(directory, 'a.toml'));
    expect(await mistakes({})).toEqual([
      expect.stringMatching(/^catalog\/a\.toml:1: cannot be read: ENOENT/),
    ]);
  });

  it('that are too many are refused with the number that is read', async () => {
    const files = Array.from({ length: MAX_CATALOG_FILES + 1 }, (_, index) => [`${index}.toml`, '']);
    expect(await mistakes(Object.fromEntries(files))).toEqual([
      expect.stringMatching(/there are 101 files here, at most 100 are read/),
    ]);
  });

  it('that are hidden, of other kinds or absurdly nested do no harm', async () => {
    const catalog = await load({
      '.a.toml': 'x',
      'core-types.toml.example': 'x',
      'notes.md': 'x',
      'a.toml~': 'x',
    });
    expect(catalog.coreType('granite')).toBeDefined();
    expect(await mistakes({ 'deep.toml': `x = ${'['.repeat(200_000)}` })).toEqual([
      expect.stringMatching(/^catalog\/deep\.toml:1: /),
    ]);
  });

  it('never break the reader, whatever is in them', async () => {
    await mkdir(directory, { recursive: true });
    const word = fc.constantFrom(
      '[[coreType]]',
      'code',
      '=',
      '"x"',
      '\n',
      'cores',
      '[1]',
      ':',
      '- ',
      '{',
      '}',
      '&a',
      '*a',
      '__proto__',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(word, fc.string()), { maxLength: 12 }), async (words) => {
        const text = words.join(' ');
        for (const name of ['a.toml', 'a.yaml']) {
          await writeFile(join(directory, name), text);
          await loadCatalog({ directory, host }).catch((error) => expect(error).toBeInstanceOf(CatalogError));
          await rm(join(directory, name));
        }
      }),
      { numRuns: often(200) },
    );
  });

  it('keep the lines of their values in both languages', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 20 }), (blank, count) => {
        const sizes = Array.from({ length: count }, (_, index) => index + 1);
        const toml = `${'\n'.repeat(blank)}[[coreType]]\ncores = [\n${sizes.join(',\n')}\n]\n`;
        const yaml = `${'\n'.repeat(blank)}coreType:\n  - cores:\n${sizes.map((size) => `      - ${size}\n`).join('')}`;
        for (const parsed of [parseToml(toml), parseYaml(yaml)]) {
          if (!('document' in parsed)) {
            return expect.fail('does not parse');
          }
          const at = (index: number) =>
            parsed.document.lines.get(JSON.stringify(['coreType', 0, 'cores', index]));
          sizes.forEach((_, index) => {
            expect(at(index)).toBe(blank + 3 + index);
          });
        }
      }),
    );
  });
});

describe('examples', () => {
  it('are written once, are not active, and stay as a site left them', async () => {
    const written = await writeDefaultCatalog(directory, host);
    expect((await readdir(directory)).sort()).toEqual([
      'analyses.toml.example',
      'core-types.toml.example',
      'prices.toml.example',
    ]);
    const before = await loadCatalog({ directory, host });
    expect(before.analysis('my_solver')).toBeUndefined();
    await writeFile(written[0]!, 'edited');
    expect(await writeDefaultCatalog(directory, host)).toEqual([]);
    expect(await readFile(written[0]!, 'utf8')).toBe('edited');
  });

  it('load when they are renamed, and offer the same hardware as the built-in catalogue', async () => {
    const before = await loadCatalog({ directory, host });
    for (const path of await writeDefaultCatalog(directory, host)) {
      await rename(path, path.replace('.example', ''));
    }
    const after = await loadCatalog({ directory, host });
    expect(after.coreTypes).toEqual(before.coreTypes);
    expect(after.version('my_solver')).toMatchObject({ code: '2.1', searchPath: ['/opt/my-solver/2.1/bin'] });
    expect(after.version('my_solver', '2.0')).toMatchObject({ modules: ['my-solver/2.0'] });
    expect(after.price('granite', 'reserved')?.amount).toBe('0.025');
  });
});

describe('the documentation', () => {
  it('has an example that loads, and every field there is', async () => {
    const page = await readFile(new URL('../../../docs/catalogue.md', import.meta.url), 'utf8');
    const blocks = [...page.matchAll(/^```(toml|yaml) (\S+)\n(.*?)^```$/gms)];
    expect(blocks.map(([, , name]) => name)).toEqual([
      'core-types.toml',
      'prices.toml',
      'analyses.toml',
      'meshing.yaml',
      'names.toml',
    ]);
    const catalog = await load(Object.fromEntries(blocks.map(([, , name, text]) => [name!, text!])));
    expect(catalog.coreTypes.map(({ code }) => code)).toEqual(['granite', 'quartz', 'amethyst']);
    expect(catalog.version('openfoam')).toMatchObject({ code: 'v2312' });
    expect(catalog.analysis('user_included')).toBeDefined();

    const tables = [
      coreTypeTable,
      settingsTable,
      aliasesTable,
      analysisTable,
      analysisTable.shape.version.element,
      priceTable,
    ];
    for (const { name, need, description } of tables.flatMap(fieldsOf)) {
      expect(page).toContain(`| \`${name}\` | ${need} | ${description} |`);
    }
  });

  it('of word distance holds for any two words', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
    expect(didYouMean('quarts', ['granite', 'quartz'])).toBe('; did you mean "quartz"?');
    expect(didYouMean('xyz', ['granite'])).toBe('');
  });
});
