import { z } from 'zod';

/** What cannot be a key of an object in JavaScript: a value of that name would be lost on its way, without a word. */
export const UNUSABLE_NAME = '__proto__';

/** Values by free names, where that name is refused with these words; at the whole, since no path can name it either. */
export function byUsableName<Schema extends z.ZodType>(schema: Schema, words: string): Schema {
  return z.preprocess((value, context) => {
    if (hasUnusableName(value)) {
      context.addIssue({ code: 'custom', message: words });
    }
    return value;
  }, schema) as unknown as Schema;
}

export function hasUnusableName(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, UNUSABLE_NAME);
}
