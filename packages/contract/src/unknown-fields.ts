/** Finds what a client sent that nothing here understands, so that it can be told instead of ignored silently. */
import type { z } from 'zod';
import { aliasesOf, ignoredKeys } from './wire.ts';

/** More paths than this are not listed: a warning is to be read. */
export const MAX_UNKNOWN_FIELDS = 50;

/**
 * Paths such as `jobanalyses[0].hardware.colour` of keys that `schema` does not know. Other spellings and keys
 * that are known to be without effect are not listed. At most MAX_UNKNOWN_FIELDS paths.
 */
export function findUnknownFields(schema: z.ZodType, value: unknown): string[] {
  const found: string[] = [];
  walk(schema, value, '', found);
  return found.slice(0, MAX_UNKNOWN_FIELDS);
}

function walk(schema: z.core.$ZodType, value: unknown, path: string, found: string[]): void {
  if (value === null || typeof value !== 'object' || found.length >= MAX_UNKNOWN_FIELDS) {
    return;
  }
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'pipe':
      walk(isTransform(def.in) ? def.out : def.in, value, path, found);
      return;
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'nonoptional':
    case 'readonly':
    case 'catch':
      walk(def.innerType, value, path, found);
      return;
    case 'lazy':
      walk(def.getter(), value, path, found);
      return;
    case 'array':
      if (Array.isArray(value)) {
        value.forEach((item, index) => {
          walk(def.element, item, `${path}[${index}]`, found);
        });
      }
      return;
    case 'record':
      for (const [key, item] of Object.entries(value)) {
        walk(def.valueType, item, join(path, key), found);
      }
      return;
    case 'union':
      found.push(...fewestUnknown(def.options, value, path));
      return;
    case 'object':
      if (!Array.isArray(value)) {
        walkObject(schema, def, value as Record<string, unknown>, path, found);
      }
      return;
    default:
      return;
  }
}

function walkObject(
  schema: z.core.$ZodType,
  def: z.core.$ZodObjectDef,
  value: Record<string, unknown>,
  path: string,
  found: string[],
): void {
  const isLoose = def.catchall !== undefined && def.catchall._zod.def.type !== 'never';
  const ignored = (ignoredKeys.get(schema as z.ZodType)?.ignored ?? []) as readonly string[];
  const aliases = aliasesOf.get(schema);
  for (const [key, item] of Object.entries(value)) {
    const name = Object.hasOwn(def.shape, key) ? key : aliases?.get(key);
    if (name !== undefined) {
      walk(def.shape[name]!, item, join(path, key), found);
    } else if (!isLoose && !ignored.includes(key)) {
      found.push(join(path, key));
    }
  }
}

function fewestUnknown(options: readonly z.core.$ZodType[], value: unknown, path: string): string[] {
  const candidates = options.map((option) => {
    const found: string[] = [];
    walk(option, value, path, found);
    return found;
  });
  return candidates.reduce((best, next) => (next.length < best.length ? next : best));
}

function isTransform(schema: z.core.$ZodType): boolean {
  return schema._zod.def.type === 'transform';
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}
