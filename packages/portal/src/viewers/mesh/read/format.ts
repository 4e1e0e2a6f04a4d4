/** What kind of file it is and how much it holds, by its first bytes: before all of it is loaded. */
export type MeshFormat = 'vtk-xml' | 'vtk-legacy' | 'stl' | 'obj' | 'ply';

/** Enough for the head of every format but those whose counts stand elsewhere. */
export const HEAD_BYTES = 16 * 1024;

const BY_EXTENSION: Readonly<Record<string, MeshFormat>> = {
  vtu: 'vtk-xml',
  vtp: 'vtk-xml',
  vti: 'vtk-xml',
  vts: 'vtk-xml',
  vtr: 'vtk-xml',
  pvtu: 'vtk-xml',
  pvtp: 'vtk-xml',
  pvti: 'vtk-xml',
  pvts: 'vtk-xml',
  pvtr: 'vtk-xml',
  pvd: 'vtk-xml',
  vtk: 'vtk-legacy',
  stl: 'stl',
  obj: 'obj',
  ply: 'ply',
};

/** Null for what is none that the viewer reads. */
export function meshFormatOf(name: string, head: Uint8Array): MeshFormat | null {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 1024));
  if (/^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<VTKFile\b/.test(text)) {
    return 'vtk-xml';
  }
  if (/^# vtk DataFile/i.test(text)) {
    return 'vtk-legacy';
  }
  if (/^ply\s/.test(text)) {
    return 'ply';
  }
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension]! : null;
}

/** How many points the head of a file says that it has; null where it does not say. */
export function pointsSaid(format: MeshFormat, head: Uint8Array): number | null {
  const text = new TextDecoder('latin1').decode(head);
  switch (format) {
    case 'vtk-xml': {
      const counts = [...text.matchAll(/\bNumberOfPoints="\s*(\d{1,15})\s*"/g)].map(([, count]) =>
        Number(count),
      );
      const extent = /\bWholeExtent="([^"]*)"/.exec(text)?.[1]?.trim().split(/\s+/).map(Number);
      if (counts.length > 0) {
        return counts.reduce((sum, count) => sum + count, 0);
      }
      return extent?.length === 6 && extent.every(Number.isFinite)
        ? [0, 2, 4].reduce((product, axis) => product * (extent[axis + 1]! - extent[axis]! + 1), 1)
        : null;
    }
    case 'vtk-legacy': {
      const listed = /^POINTS\s+(\d{1,15})\b/im.exec(text)?.[1];
      const grid = /^DIMENSIONS\s+(\d+)\s+(\d+)\s+(\d+)/im.exec(text)?.slice(1).map(Number);
      return listed !== undefined
        ? Number(listed)
        : grid
          ? grid.reduce((product, count) => product * count, 1)
          : null;
    }
    case 'ply': {
      const count = /^element vertex (\d{1,15})/m.exec(text)?.[1];
      return count === undefined ? null : Number(count);
    }
    case 'stl':
    case 'obj':
      return null;
  }
}
