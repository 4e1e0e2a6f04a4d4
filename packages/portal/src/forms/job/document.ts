/**
 * A job that is being made is one document, the definition that the API takes. Fields look at it by a path; what they do not know
 * stays as it is.
 */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Document = { [name: string]: Json };
export type Path = readonly (string | number)[];

/** What lies at a path; undefined where there is nothing. */
export function read(document: Json, path: Path): Json | undefined {
  let value: Json | undefined = document;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) {
      return undefined;
    }
    value = (value as Record<string | number, Json | undefined>)[step];
  }
  return value;
}

/** The document with another value at a path; undefined takes it away. What is on the way is made. */
export function write<T extends Json>(document: T, path: Path, value: Json | undefined): T {
  const [step, ...rest] = path;
  if (step === undefined) {
    return value as T;
  }
  if (typeof step === 'number') {
    const list = Array.isArray(document) ? [...document] : [];
    if (value === undefined && rest.length === 0) {
      list.splice(step, 1);
    } else {
      list[step] = write(list[step] ?? null, rest, value);
    }
    return list as Json as T;
  }
  const object: Document = isObject(document) ? { ...document } : {};
  if (value === undefined && rest.length === 0) {
    delete object[step];
  } else {
    object[step] = write(object[step] ?? null, rest, value);
  }
  return object as Json as T;
}

export function isObject(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A document from what somebody has typed, or why it is none. */
export function parse(text: string): { document: Document } | { problem: string } {
  try {
    const value = JSON.parse(text) as Json;
    return isObject(value) ? { document: value } : { problem: '' };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** A path as refusals of the server write it. */
export function nameOf(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}

/** Names at the top of a document, and of a tile, that a form has fields for. */
const SHOWN: ReadonlySet<string> = new Set([
  ...['name', 'projectId', 'isLowPriority', 'tags', 'jobanalyses'],
  ...['jobvariables', 'optimizer', 'paramFile', 'caseFile', 'includeNominalRun', 'monteCarloIterations'],
  'isTemplateDryRun',
]);
const SHOWN_OF_TILE: ReadonlySet<string> = new Set([
  'analysis',
  'command',
  'hardware',
  'inputFiles',
  'templateTasks',
  ...['preProcessScript', 'preProcessScriptCommand', 'postProcessScript', 'postProcessScriptCommand'],
]);

/** What is in a document beside what the form shows, by name, where it says anything. */
export function unshown(document: Document, tile: number): string[] {
  const saysSomething = (value: Json) =>
    value !== null &&
    value !== '' &&
    value !== false &&
    !(Array.isArray(value) && value.length === 0) &&
    !(isObject(value) && Object.keys(value).length === 0);
  const names = (object: Json | undefined, shown: ReadonlySet<string>) =>
    isObject(object)
      ? Object.entries(object)
          .filter(([name, value]) => !shown.has(name) && saysSomething(value))
          .map(([name]) => name)
      : [];
  return [...names(document, SHOWN), ...names(read(document, ['jobanalyses', tile]), SHOWN_OF_TILE)];
}
