/**
 * `node scripts/generate.ts` writes every file that is made from code, most of them in `docs/`; with `--check` it writes
 * nothing and fails when one of them is stale.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compatibilityPage } from './generate-compatibility.ts';
import { configurationPage } from './generate-configuration.ts';
import { fieldDescriptions } from './generate-descriptions.ts';
import { limitsPage } from './generate-limits.ts';
import { openApiDocument } from './generate-openapi.ts';
import { performanceFiles } from './generate-performance.ts';
import { sdkVersion } from './generate-sdk-version.ts';

const descriptions = fieldDescriptions();
const files: Record<string, string> = {
  'packages/contract/src/descriptions.json': asJson(descriptions),
  'docs/openapi.json': asJson(openApiDocument(descriptions)),
  'docs/configuration.md': await configurationPage(),
  'docs/limits.md': await limitsPage(),
  'docs/compatibility.md': await compatibilityPage(),
  'packages/sdk/src/version.ts': await sdkVersion(),
  ...(await performanceFiles()),
};

const isCheck = process.argv.includes('--check');
for (const [name, fresh] of Object.entries(files)) {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const stored = await readFile(path, 'utf8').catch(() => null);
  if (stored === fresh) {
    continue;
  }
  if (isCheck) {
    process.stderr.write(`${name} is stale: run \`npm run generate\` and commit what it writes.\n`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, fresh);
    process.stdout.write(`wrote ${name}\n`);
  }
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
