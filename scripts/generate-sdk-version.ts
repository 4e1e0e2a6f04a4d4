import { readFile } from 'node:fs/promises';

const MANIFEST = new URL('../packages/sdk/package.json', import.meta.url);

/** `packages/sdk/src/version.ts`: browsers cannot read the manifest. */
export async function sdkVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(MANIFEST, 'utf8')) as { version: string };
  return `/** The version of this package, written by \`npm run generate\` from its manifest. */
export const VERSION = '${version}';
`;
}
