/**
 * `node scripts/generate.ts` writes every file of `docs/` that is made from code; with `--check` it writes nothing
 * and fails when one of them is stale.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { compatibilityPage } from './generate-compatibility.ts';
import { configurationPage } from './generate-configuration.ts';
import { limitsPage } from './generate-limits.ts';
import { openApiDocument } from './generate-openapi.ts';

const files: Record<string, () => string | Promise<string>> = {
  'docs/openapi.json': openApiDocument,
  'docs/configuration.md': configurationPage,
  'docs/limits.md': limitsPage,
  'docs/compatibility.md': compatibilityPage,
};

const isCheck = process.argv.includes('--check');
for (const [name, make] of Object.entries(files)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const fresh = await make();
  const stored = await readFile(path, 'utf8').catch(() => null);
  if (stored === fresh) continue;
  if (isCheck) {
    process.stderr.write(`${name} is stale: run \`npm run generate\` and commit what it writes.\n`);
    process.exitCode = 1;
  } else {
    await writeFile(path, fresh);
    process.stdout.write(`wrote ${name}\n`);
  }
}
