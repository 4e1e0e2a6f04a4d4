import { QuarryError } from './errors.ts';

/**
 * Fills `:name` and `*` in a path. Each value is encoded as one segment (`*` keeps its slashes); values that would
 * change which resource is meant are refused by name.
 */
export function fillPath(template: string, params: Readonly<Record<string, unknown>> = {}): string {
  return template
    .split('/')
    .map((segment) => {
      if (segment === '*') {
        return wholePath(params['*'], template);
      }
      return segment.startsWith(':') ? oneSegment(segment.slice(1), params, template) : segment;
    })
    .join('/');
}

/** Writes a query string with its `?`; `undefined` and `null` are left out, lists repeat their name. */
export function formatQuery(query: unknown): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) {
        search.append(name, String(item));
      }
    }
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

function oneSegment(name: string, params: Readonly<Record<string, unknown>>, template: string): string {
  const value = params[name];
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text === '' || text === '.' || text === '..') {
    refuse(name, value, template);
  }
  return encodeURIComponent(text);
}

function wholePath(value: unknown, template: string): string {
  if (typeof value !== 'string') {
    refuse('*', value, template);
  }
  const segments = value.split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    refuse('*', value, template);
  }
  return segments.map((segment) => encodeURIComponent(segment)).join('/');
}

function refuse(name: string, value: unknown, template: string): never {
  const shown = value === undefined ? 'nothing' : JSON.stringify(value);
  throw new QuarryError(`${template} cannot be filled: "${name}" is ${shown}.`, {
    hint: `Give a non-empty ${name === '*' ? 'relative path' : name} without "." or ".." segments.`,
  });
}
