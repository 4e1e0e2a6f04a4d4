/** What `npm run build` has made, and installing it where nothing of this repository is. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');

const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/cli/package.json'), 'utf8')) as {
  version: string;
};

/** A file that the build makes. Throws where it has not run. */
export function built(name: 'quarry-sdk' | 'quarry' | 'archive'): string {
  const file = name === 'archive' ? `quarry-${version}-linux-x64.tar.gz` : `${name}-${version}.tgz`;
  const path = join(ROOT, 'dist', file);
  if (!existsSync(path)) {
    throw new Error(`${path} is not there: "npm run build" makes it.`);
  }
  return path;
}

/** Tools that look at packages as strangers do. */
export function stranger(tool: 'attw' | 'publint' | 'esbuild'): string {
  const path = join(ROOT, '.ci/packages/node_modules/.bin', tool);
  if (!existsSync(path)) {
    throw new Error(`${path} is not there: "npm ci --prefix .ci/packages" brings it.`);
  }
  return path;
}

/** Tools of this repository, for what somebody would have installed beside the package. */
export function tool(name: 'tsc' | 'vite'): string {
  const paths = { tsc: 'typescript/bin/tsc', vite: 'vite/bin/vite.js' };
  return join(ROOT, 'node_modules', paths[name]);
}

export interface EmptyFolder extends AsyncDisposable {
  path: string;
  /** Runs a program in it, as a user whose home it is; answers what it put out on standard output. */
  run: (program: string, ...args: string[]) => Promise<string>;
}

/** An empty folder of its own user, whom nothing of this repository's environment reaches. */
export async function emptyFolder(registry?: string): Promise<EmptyFolder> {
  // A name with a blank: places where people install have them.
  const path = await mkdtemp(join(tmpdir(), 'quarry installs-'));
  const environment: Record<string, string> = {
    PATH: `${join(ROOT, 'node_modules/node/bin')}:${process.env.PATH}`,
    HOME: path,
    TMPDIR: tmpdir(),
    npm_config_cache: join(tmpdir(), 'quarry-npm-cache'),
    ...(registry === undefined ? {} : { npm_config_registry: registry }),
  };
  return {
    path,
    async run(program, ...args) {
      const { stdout } = await promisify(execFile)(program, args, {
        cwd: path,
        env: environment,
        maxBuffer: 64 * 1024 * 1024,
      });
      return stdout;
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
