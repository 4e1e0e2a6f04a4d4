/** The environment of a command, as far as its names are known before it is executed. */
/** What the platform gives to every command. */
export const PLATFORM_VARIABLES = [
  'QUARRY_RUN_ID',
  'RESCALE_API_BASE_URL',
  'RESCALE_API_KEY',
  'RESCALE_CLUSTER_ID',
  'RESCALE_CORES_PER_NODE',
  'RESCALE_CORES_PER_SLOT',
  'RESCALE_CORE_TYPE',
  'RESCALE_GPUS_PER_NODE',
  'RESCALE_GPUS_PER_SLOT',
  'RESCALE_JOB_ID',
  'RESCALE_NODES_PER_SLOT',
  'RESCALE_PROVIDER',
  'RESCALE_SLOTS_PER_NODE',
  'RESCALE_THREADS_PER_NODE',
  'RESCALE_THREADS_PER_SLOT',
] as const;

const NAME = /^[A-Za-z_]\w*$/;
/** A variable that is being named just before the cursor, with or without a brace; not behind a backslash. */
const BEGUN = /(?<!\\)\$(?<brace>\{?)(?<name>(?:[A-Za-z_]\w*)?)$/;
/** No name is longer, and a command may be very long. */
const MAX_LOOKED_BACK = 300;
const MOST_OFFERED = 8;

/** Names that a shell can ask for: those of the tile first. What varies in a sweep is not among them; templates have that. */
export function namesInEnvironment(ofTile: Readonly<Record<string, unknown>>): string[] {
  return [...new Set([...Object.keys(ofTile).filter((name) => NAME.test(name)), ...PLATFORM_VARIABLES])];
}

function begunAt(text: string, cursor: number): { brace: string; name: string } | null {
  const groups = BEGUN.exec(text.slice(Math.max(0, cursor - MAX_LOOKED_BACK), cursor))?.groups;
  return groups === undefined ? null : { brace: groups.brace!, name: groups.name! };
}

/** The names that what stands before the cursor may become, those that begin so first; none where no variable is being named. */
export function namesToComplete(text: string, cursor: number, names: readonly string[]): string[] {
  const begun = begunAt(text, cursor);
  if (begun === null) {
    return [];
  }
  const typed = begun.name.toLowerCase();
  const found = names.filter((name) => name.toLowerCase().includes(typed) && name !== begun.name);
  const isOther = (name: string) => (name.toLowerCase().startsWith(typed) ? 0 : 1);
  return found.sort((a, b) => isOther(a) - isOther(b)).slice(0, MOST_OFFERED);
}

/** The text with the name that was begun, and where the cursor is behind it. */
export function completed(text: string, cursor: number, name: string): { text: string; cursor: number } {
  const begun = begunAt(text, cursor);
  if (begun === null) {
    return { text, cursor };
  }
  const after = text.slice(cursor);
  const rest = /^\w*/.exec(after)![0].length;
  const close = begun.brace === '{' && after[rest] !== '}' ? '}' : '';
  const before = `${text.slice(0, cursor - begun.name.length)}${name}${close}`;
  // Behind the brace, whether it is new or was there.
  const end = before.length + (begun.brace === '{' && close === '' ? 1 : 0);
  return { text: before + after.slice(rest), cursor: end };
}
