/** How a file is shown: by its name, and where that says nothing by its first bytes. */
export const VIEWS = [
  'text',
  'image',
  'json',
  'table',
  'chart',
  'residuals',
  'markdown',
  'page',
  'pdf',
  'archive',
  'mesh',
  'bytes',
] as const;
export type ViewName = (typeof VIEWS)[number];

const BY_EXTENSION: Readonly<Record<string, ViewName>> = {
  png: 'image',
  jpg: 'image',
  jpeg: 'image',
  gif: 'image',
  webp: 'image',
  avif: 'image',
  bmp: 'image',
  svg: 'image',
  json: 'json',
  geojson: 'json',
  ipynb: 'json',
  csv: 'table',
  tsv: 'table',
  ...Object.fromEntries(
    [
      'vtu',
      'vtp',
      'vti',
      'vts',
      'vtr',
      'pvtu',
      'pvtp',
      'pvti',
      'pvts',
      'pvtr',
      'pvd',
      'vtk',
      'stl',
      'obj',
      'ply',
    ].map((extension) => [extension, 'mesh'] as const),
  ),
  jsonl: 'chart',
  ndjson: 'chart',
  md: 'markdown',
  markdown: 'markdown',
  pdf: 'pdf',
  zip: 'archive',
  tar: 'archive',
  tgz: 'archive',
  html: 'page',
  htm: 'page',
};

/** Bytes that texts do not have, whatever their encoding of ASCII is. */
const MAX_ODD_SHARE = 0.1;

/** Files whose columns are often wanted over those of another. */
const CHARTED = /\.(?:csv|tsv|dat|txt|xy|jsonl|ndjson|log|sta|cvg)$/i;

export function mayBeCharted(name: string): boolean {
  return CHARTED.test(name);
}

export function viewByName(name: string): ViewName | null {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  if (/\.tar\.gz$/i.test(name)) {
    return 'archive';
  }
  return Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension]! : null;
}

/** What people look at a file as besides what its name says; all else is a second step away. */
const BESIDE: Partial<Record<ViewName, readonly ViewName[]>> = {
  text: ['table', 'chart', 'residuals'],
  table: ['chart', 'text'],
  chart: ['table', 'text'],
  json: ['text'],
  markdown: ['text'],
  image: ['bytes'],
  pdf: ['bytes'],
  archive: ['bytes'],
  bytes: ['text'],
};

/** The views that are offered first, in the order of all of them, with the one that is shown. */
export function likelyViews(natural: ViewName, shown: ViewName): ViewName[] {
  const likely = new Set([natural, shown, ...(BESIDE[natural] ?? [])]);
  return VIEWS.filter((view) => likely.has(view));
}

/** Text unless there are bytes in it that no text has. */
export function viewByBytes(bytes: Uint8Array): ViewName {
  if (bytes.includes(0)) {
    return 'bytes';
  }
  const odd = bytes.filter((byte) => byte < 32 && ![7, 8, 9, 10, 12, 13, 27].includes(byte)).length;
  return odd > bytes.length * MAX_ODD_SHARE ? 'bytes' : 'text';
}

/** What bytes are to a browser that is to draw them; nothing that could be a page. */
export function imageType(name: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const subtypes: Readonly<Record<string, string>> = { jpg: 'jpeg', svg: 'svg+xml' };
  return `image/${subtypes[extension] ?? extension}`;
}
