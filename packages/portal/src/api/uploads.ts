/** Files on their way to the server; they go on while people move from page to page. */
import { createStore, useStore } from '../ui/store.ts';
import { queryClient } from './queries.ts';
import { quarry } from './sdk.ts';

export interface Upload {
  key: number;
  name: string;
  /** From 0 to 1. */
  share: number;
  state: 'waiting' | 'sending' | 'done' | 'failed' | 'stopped';
  error: unknown;
  /** Once it is there. */
  fileId: string | null;
  source: File;
  stop: () => void;
  /** Called when it is there; whoever has begun it may be gone from sight by then. */
  onArrival: ((upload: { key: number; name: string; fileId: string }) => void) | null;
}

/** Large files go in parts side by side already. */
const MAX_TOGETHER = 2;

const uploads = createStore<readonly Upload[]>([]);
let lastKey = 0;

export function useUploads(): readonly Upload[] {
  return useStore(uploads);
}

/** Begins to send files, in their order, and answers their keys with their names; each is verified by its digest when it has arrived. */
export function uploadFiles(
  files: Iterable<File>,
  onArrival: Upload['onArrival'] = null,
): Pick<Upload, 'key' | 'name'>[] {
  const added = [...files].map((source): Upload => {
    lastKey++;
    const key = lastKey;
    return {
      key,
      name: source.name,
      share: 0,
      state: 'waiting',
      error: null,
      fileId: null,
      source,
      stop: () => change(key, { state: 'stopped' }),
      onArrival,
    };
  });
  uploads.set([...uploads.get(), ...added]);
  pump();
  return added.map(({ key, name }) => ({ key, name }));
}

export function uploadAgain(key: number): void {
  change(key, { state: 'waiting', error: null, share: 0 });
  pump();
}

export function dismissUpload(key: number): void {
  uploads.set(uploads.get().filter((upload) => upload.key !== key));
}

export function hasOpenUploads(): boolean {
  return uploads.get().some(({ state }) => state === 'waiting' || state === 'sending');
}

function change(key: number, changes: Partial<Upload>): void {
  uploads.set(uploads.get().map((upload) => (upload.key === key ? { ...upload, ...changes } : upload)));
}

function pump(): void {
  const all = uploads.get();
  const free = MAX_TOGETHER - all.filter(({ state }) => state === 'sending').length;
  for (const upload of all.filter(({ state }) => state === 'waiting').slice(0, Math.max(0, free))) {
    void send(upload);
  }
}

async function send({ key, name, source, onArrival }: Upload): Promise<void> {
  const cut = new AbortController();
  change(key, { state: 'sending', stop: () => cut.abort() });
  try {
    const file = await quarry.files.upload(source, {
      signal: cut.signal,
      onProgress: ({ transferredBytes, totalBytes }) =>
        change(key, { share: totalBytes ? transferredBytes / totalBytes : 0 }),
    });
    change(key, { state: 'done', share: 1, fileId: file.id });
    onArrival?.({ key, name, fileId: file.id });
    void queryClient.invalidateQueries({ queryKey: ['files'] });
  } catch (error) {
    change(key, cut.signal.aborted ? { state: 'stopped' } : { state: 'failed', error });
  }
  pump();
}
