/** The package of the SDK, as it is installed. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { emitPackages, filesBelow, PACKAGES } from './emit.ts';
import { readManifest, writeManifest } from './manifest.ts';

/** Lays the package out in `directory`. */
export async function laySdk(directory: string): Promise<void> {
  const manifest = await readManifest('sdk');
  const contract = await readManifest('contract');
  await emitPackages({ packages: ['sdk', 'contract'], into: directory, declarations: true });
  // Of the contract the SDK has types only.
  for (const path of await filesBelow(join(directory, 'contract'))) {
    if (!path.endsWith('.d.ts')) {
      await rm(path);
    }
  }
  await cp(join(PACKAGES, 'sdk/README.md'), join(directory, 'README.md'));
  await cp(join(PACKAGES, '../LICENSE'), join(directory, 'LICENSE'));
  await writeManifest(directory, {
    ...manifest,
    sideEffects: false,
    engines: { node: '>=20.19' },
    exports: {
      '.': entry('index'),
      './node': entry('node'),
      './package.json': './package.json',
    },
    // Types of the contract are made of those of Zod; nothing of it is executed.
    dependencies: { ...manifest.dependencies, ...contract.dependencies },
  });
}

function entry(name: string): object {
  return { types: `./sdk/src/${name}.d.ts`, default: `./sdk/src/${name}.js` };
}
