import { mesh as words } from '../../words/en/mesh.ts';
import { formatBytes } from '../../words/numbers.ts';
import type { ByteSource } from '../byte-source.ts';
import { MAX_MESH_BYTES } from './limits.ts';
import { MeshError } from './mesh-error.ts';
import { checkPoints } from './read/check-points.ts';
import { HEAD_BYTES, meshFormatOf, pointsSaid } from './read/format.ts';

/** Of one request: small enough to be given up soon, and to say how far it is. */
const PART_BYTES = 8 * 1024 * 1024;

interface LoadOptions {
  name: string;
  signal: AbortSignal;
  onProgress: (loaded: number, size: number) => void;
}

/** All bytes of a file; what is too large for the viewer is refused by its head, before it is loaded. */
export async function loadBytes(
  source: ByteSource,
  { name, signal, onProgress }: LoadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes: head, size } = await source.read(0, HEAD_BYTES, signal);
  if (size > MAX_MESH_BYTES) {
    throw new MeshError(words.problems.tooLarge(formatBytes(size), formatBytes(MAX_MESH_BYTES)));
  }
  const format = meshFormatOf(name, head);
  if (format === null) {
    throw new MeshError(words.problems.unknown);
  }
  const points = pointsSaid(format, head);
  checkPoints(points ?? 0);
  const whole = new Uint8Array(size);
  whole.set(head.subarray(0, size));
  let loaded = Math.min(size, head.length);
  onProgress(loaded, size);
  while (loaded < size) {
    const { bytes } = await source.read(loaded, Math.min(size, loaded + PART_BYTES), signal);
    if (bytes.length === 0) {
      // It has become shorter: the run is writing it anew.
      throw new MeshError(words.problems.cut);
    }
    whole.set(bytes.subarray(0, size - loaded), loaded);
    loaded += bytes.length;
    onProgress(Math.min(loaded, size), size);
  }
  return whole;
}
