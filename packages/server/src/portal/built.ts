/** The portal as Vite has built it: a shell for all addresses, and assets whose names change with their content. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** Stands in the shell for the nonce of an answer; `packages/portal/vite.config.ts` puts it there. */
const NONCE = '__QUARRY_NONCE__';
const ASSET = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;

const MEDIA_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** Codings that a build may have beside a file, and what their names end in. */
const CODINGS = { br: '.br', gzip: '.gz' } as const;
type Coding = keyof typeof CODINGS;

/** A file that is open for whoever sends it. */
export interface OpenAsset {
  file: FileHandle;
  bytes: number;
  mediaType: string;
  /** Null where it is sent as it is. */
  coding: Coding | null;
}

export class BuiltPortal {
  readonly #directory: string;
  #shell: { text: string; version: string } | null = null;

  /** What lies in `directory` is looked at when it is asked for, since a build may come while the server runs. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The page for every address, with a nonce of its own; null where the portal is not built. */
  async shell(): Promise<{ text: string; nonce: string } | null> {
    const template = await this.#template();
    if (template === null) {
      return null;
    }
    const nonce = randomBytes(16).toString('base64url');
    return { text: template.replaceAll(NONCE, nonce), nonce };
  }

  /** An asset in the coding that `prefer` chooses of those that there may be; null when there is none of this name. */
  async asset(
    name: string,
    prefer: (codings: readonly Coding[]) => Coding | null,
  ): Promise<OpenAsset | null> {
    const mediaType = MEDIA_TYPES[extname(name)];
    if (!ASSET.test(name) || mediaType === undefined) {
      return null;
    }
    const path = join(this.#directory, 'assets', name);
    const coding = prefer(Object.keys(CODINGS) as Coding[]);
    const coded = coding && (await openFile(path + CODINGS[coding]));
    const file = coded ?? (await openFile(path));
    return file && { ...file, mediaType, coding: coded ? coding : null };
  }

  async #template(): Promise<string | null> {
    const path = join(this.#directory, 'index.html');
    const found = await stat(path).catch(nothing);
    if (found === null) {
      return null;
    }
    const version = `${found.ino} ${found.mtimeMs} ${found.size}`;
    if (this.#shell?.version !== version) {
      const text = await readFile(path, 'utf8').catch(nothing);
      this.#shell = text === null ? null : { text, version };
    }
    return this.#shell?.text ?? null;
  }
}

async function openFile(path: string): Promise<{ file: FileHandle; bytes: number } | null> {
  const file = await open(path).catch(nothing);
  if (file === null) {
    return null;
  }
  const found = await file.stat();
  if (!found.isFile()) {
    await file.close();
    return null;
  }
  return { file, bytes: found.size };
}

/** For what is not there, as before a build and for a moment at its end. */
function nothing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
    return null;
  }
  throw error;
}
