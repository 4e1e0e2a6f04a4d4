import type { Document, Json } from './document.ts';

/** What has to be said so that a job that is `before` becomes `after`: an update lets stay what it does not name. */
export function changesOf(before: Document, after: Document): Document {
  const changed = Object.entries(after).filter(([name, value]) => !isSame(before[name], value));
  const gone = Object.entries(before)
    .filter(([name]) => !Object.hasOwn(after, name))
    .map(([name, value]) => [name, nothingLike(value)] as const);
  return Object.fromEntries([...changed, ...gone]);
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What a field is when nobody has said anything about it. */
function nothingLike(value: Json): Json {
  return typeof value === 'boolean' ? false : Array.isArray(value) ? [] : null;
}
