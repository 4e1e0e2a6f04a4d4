import { mesh as words } from '../../../words/en/mesh.ts';
import { formatBytes } from '../../../words/numbers.ts';
import { MAX_MESH_BYTES } from '../limits.ts';
import { mergeMeshes } from '../merge.ts';
import type { Mesh } from '../mesh.ts';
import { MeshError } from '../mesh-error.ts';
import { checkPoints } from './check-points.ts';
import { meshFormatOf } from './format.ts';
import { readLegacyVtk } from './legacy.ts';
import { readObj } from './obj.ts';
import { readPly } from './ply.ts';
import { resolvePath } from './resolve-path.ts';
import { readStl } from './stl.ts';
import { type CollectionPart, readVtkXml } from './vtk-xml.ts';

/** Fetches another file that a file refers to, by its path in the run. */
export type OpenFile = (path: string) => Promise<Uint8Array>;

/** What a file is: a mesh, or the times of a series and in which file each is. */
export type MeshFile = { kind: 'mesh'; mesh: Mesh } | { kind: 'series'; parts: readonly CollectionPart[] };

/** A file that refers to files that refer to files is a mistake, or a trap. */
const MAX_REFERRED = 4096;

/** Reads a file of any format; what it refers to is fetched by `open`. */
export async function readMesh(path: string, bytes: Uint8Array, open: OpenFile): Promise<MeshFile> {
  switch (meshFormatOf(path, bytes)) {
    case 'vtk-legacy':
      return { kind: 'mesh', mesh: checked(readLegacyVtk(bytes)) };
    case 'stl':
      return { kind: 'mesh', mesh: checked(readStl(bytes)) };
    case 'obj':
      return { kind: 'mesh', mesh: checked(readObj(bytes)) };
    case 'ply':
      return { kind: 'mesh', mesh: checked(readPly(bytes)) };
    case 'vtk-xml':
      return await readXml(path, bytes, open);
    case null:
      throw new MeshError(words.problems.unknown);
  }
}

async function readXml(path: string, bytes: Uint8Array, open: OpenFile): Promise<MeshFile> {
  const found = await readVtkXml(bytes);
  switch (found.kind) {
    case 'meshes':
      return { kind: 'mesh', mesh: checked(merged(found.meshes)) };
    case 'collection':
      return {
        kind: 'series',
        parts: found.parts.map((part) => ({ ...part, path: resolvePath(path, part.path) })),
      };
    case 'pieces': {
      const meshes: Mesh[] = [];
      let total = 0;
      for (const source of found.paths.slice(0, MAX_REFERRED)) {
        const piece = await open(resolvePath(path, source));
        total += piece.length;
        if (total > MAX_MESH_BYTES) {
          throw new MeshError(words.problems.piecesTooLarge(formatBytes(MAX_MESH_BYTES)));
        }
        const part = await readVtkXml(piece);
        if (part.kind !== 'meshes') {
          throw new MeshError(words.problems.broken('its pieces'));
        }
        meshes.push(...part.meshes);
      }
      return { kind: 'mesh', mesh: checked(merged(meshes)) };
    }
  }
}

function merged(meshes: readonly Mesh[]): Mesh {
  const filled = meshes.filter(({ pointCount }) => pointCount > 0);
  if (filled.length === 0) {
    throw new MeshError(words.problems.nothing);
  }
  return mergeMeshes(filled);
}

function checked(mesh: Mesh): Mesh {
  checkPoints(mesh.pointCount);
  return mesh;
}
