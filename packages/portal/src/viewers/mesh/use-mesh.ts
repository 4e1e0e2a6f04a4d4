import { useEffect, useRef, useState } from 'react';
import type { ByteSource } from '../byte-source.ts';
import type { Siblings } from '../siblings.ts';
import { MeshClient } from './mesh-client.ts';
import type { MeshInfo } from './messages.ts';

export type LoadedMesh = Extract<MeshInfo, { kind: 'mesh' }>;

interface MeshState {
  /** What is shown; of a series the last step that was read, until the next one is. */
  shown: { path: string; client: MeshClient; info: MeshInfo } | null;
  error: unknown;
  /** Null when nothing is under way. */
  progress: { loaded: number; size: number } | null;
}

const NOTHING: MeshState = { shown: null, error: null, progress: null };

interface UseMeshOptions {
  path: string;
  source: ByteSource;
  siblings: Siblings | undefined;
  /** Null while nothing shall be loaded; another number loads again. */
  attempt: number | null;
}

/** Loads and reads a file, gives up what nobody waits for, and frees what is not shown any more. */
export function useMesh({ path, source, siblings, attempt }: UseMeshOptions): MeshState {
  const [state, setState] = useState(NOTHING);
  /** What holds the file that is shown. */
  const held = useRef<MeshClient | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a source is known by its key; a run that executes lists its files anew
  useEffect(() => {
    if (attempt === null) {
      setState((current) => ({ ...current, progress: null }));
      return;
    }
    let isLeft = false;
    const client = new MeshClient({
      siblings,
      onProgress: (loaded, size) =>
        !isLeft && setState((current) => ({ ...current, progress: { loaded, size } })),
    });
    setState((current) => ({ ...current, error: null, progress: { loaded: 0, size: 0 } }));
    let isShown = false;
    client.read(path, source).then(
      (info) => {
        if (isLeft) {
          return;
        }
        isShown = true;
        held.current?.close();
        held.current = client;
        setState({ shown: { path, client, info }, error: null, progress: null });
      },
      (error: unknown) => {
        if (!isLeft) {
          setState((current) => ({ ...current, error, progress: null }));
        }
      },
    );
    return () => {
      isLeft = true;
      if (!isShown) {
        client.close();
      }
    };
  }, [source.key, path, attempt]);
  useEffect(
    () => () => {
      held.current?.close();
      held.current = null;
      setState(NOTHING);
    },
    [],
  );
  return state;
}
