/**
 * What requests are made of. Real clients send booleans and integers as strings, snake_case beside camelCase and
 * keys of their own, so these schemas coerce as Django REST framework does and refuse in its words. Their input
 * types are the clean ones that our own clients should send; the tolerance is for everybody else.
 */
import { z } from 'zod';
import { wireWords } from './errors.ts';
import { MAX_FILE_NAME_BYTES, MAX_NAME_LENGTH, MAX_TEXT_LENGTH } from './limits.ts';

const error = wireWords;

/** Keys of a request object that are understood and deliberately without effect; see `findUnknownFields`. */
export const ignoredKeys = z.registry<{ ignored: readonly string[] }>();

/** JSON Schemas for documents, where what a schema coerces to is not all that it takes. */
export const documentedAs = new WeakMap<z.core.$ZodType, Record<string, unknown>>();

const TRUE_WORDS = new Set(['true', 't', 'yes', 'y', 'on', '1']);
const FALSE_WORDS = new Set(['false', 'f', 'no', 'n', 'off', '0']);

/** A boolean; also `"true"`, `"True"`, `"1"`, `1` and their opposites. */
export function wireBoolean(): z.ZodType<boolean, boolean> {
  return z.preprocess((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') {
      return value;
    }
    const word = String(value).trim().toLowerCase();
    if (TRUE_WORDS.has(word)) {
      return true;
    }
    return FALSE_WORDS.has(word) ? false : value;
  }, z.boolean({ error })) as unknown as z.ZodType<boolean, boolean>;
}

export interface IntegerRange {
  min?: number;
  max?: number;
}

/** An integer; also as a decimal string (`"2"`, `"2.0"`) or an integral float. */
export function wireInteger({ min, max }: IntegerRange = {}): z.ZodType<number, number> {
  const notAnInteger = 'A valid integer is required.';
  const integer = z
    .number({ error: (found) => (found.input == null ? error(found) : notAnInteger) })
    .superRefine((value, context) => {
      if (!Number.isSafeInteger(value)) {
        issue(context, notAnInteger);
      } else if (min !== undefined && value < min) {
        issue(context, `Ensure this value is greater than or equal to ${min}.`);
      } else if (max !== undefined && value > max) {
        issue(context, `Ensure this value is less than or equal to ${max}.`);
      }
    });
  documentedAs.set(integer, {
    type: 'integer',
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
  });
  return z.preprocess((value) => {
    if (typeof value !== 'string') {
      return value;
    }
    const text = value.trim();
    return /^[+-]?\d{1,20}(\.0*)?$/.test(text) ? Number(text) : value;
  }, integer) as unknown as z.ZodType<number, number>;
}

/** A finite number; also as a decimal string. */
export function wireNumber(): z.ZodType<number, number> {
  const number = z.number({
    error: (found) => (found.input == null ? error(found) : 'A valid number is required.'),
  });
  return z.preprocess(decimalOf, number) as unknown as z.ZodType<number, number>;
}

/** The number of a decimal string; others come back as they are. */
function decimalOf(value: unknown): unknown {
  if (typeof value !== 'string') {
    return value;
  }
  const text = value.trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : value;
}

/** Hours above 0, decimals included; also as a decimal string. Its refusals name the unit, which people mistake. */
export function wireHours({ max }: { max: number }): z.ZodType<number, number> {
  const rule = 'It is in hours: 1.5 is an hour and a half.';
  const hours = z
    .number({
      error: (found) => (found.input == null ? error(found) : `A valid number is required. ${rule}`),
    })
    .superRefine((value, context) => {
      if (value <= 0) {
        issue(context, `Ensure this value is greater than 0. ${rule}`);
      } else if (value > max) {
        issue(context, `Ensure this value is less than or equal to ${max}. ${rule}`);
      }
    });
  documentedAs.set(hours, { type: 'number', exclusiveMinimum: 0, maximum: max });
  return z.preprocess(decimalOf, hours) as unknown as z.ZodType<number, number>;
}

export interface StringRules {
  /** Longest accepted value in characters. */
  max?: number;
  /** False refuses `""` and blanks. */
  blank?: boolean;
  /** False keeps leading and trailing blanks, as commands need. */
  trim?: boolean;
}

/** A string without NUL; numbers become their decimal text. Trimmed unless told otherwise. */
export function wireString(rules: StringRules = {}): z.ZodType<string, string> {
  const { max = MAX_TEXT_LENGTH, blank = true, trim = true } = rules;
  const text = z.string({ error }).superRefine((value, context) => {
    if (value.includes('\0')) {
      issue(context, 'Null characters are not allowed.');
    }
    if (!blank && value === '') {
      issue(context, 'This field may not be blank.');
    }
    if (value.length > max) {
      issue(context, `Ensure this field has no more than ${max} characters.`);
    }
  });
  documentedAs.set(text, { type: 'string', ...(blank ? {} : { minLength: 1 }), maxLength: max });
  return z.preprocess((value) => {
    const spelled = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
    return trim && typeof spelled === 'string' ? spelled.trim() : spelled;
  }, text) as unknown as z.ZodType<string, string>;
}

function issue(context: z.core.$RefinementCtx, message: string): void {
  context.addIssue({ code: 'custom', message });
}

/** One of a few words; `spell` brings what a client wrote into the form of the words. */
export function wireChoice<const Word extends string>(
  words: readonly Word[],
  spell: (text: string) => string = (text) => text,
): z.ZodType<Word, Word> {
  const choice = z.enum(words, {
    error: (found) =>
      found.input == null
        ? error(found)
        : `"${preview(found.input)}" is not a valid choice. Choose one of: ${words.join(', ')}.`,
  });
  return z.preprocess(
    (value) => (typeof value === 'string' ? spell(value.trim()) : value),
    choice,
  ) as unknown as z.ZodType<Word, Word>;
}

/** Words or ids in one text, separated by commas; with `of`, some of these only. */
export function wireWordList<const Word extends string = string>(rules: {
  max: number;
  of?: readonly Word[];
}): z.ZodType<Word[], string> {
  const { max, of: known } = rules;
  const list = z.string({ error }).transform((value, context): Word[] => {
    const words = [...new Set(value.split(',').map((word) => word.trim()))].filter((word) => word !== '');
    if (words.length > max) {
      issue(context, `Ensure this list has no more than ${max} items.`);
      return z.NEVER;
    }
    for (const word of known ? words.filter((word) => !known.includes(word as Word)) : []) {
      issue(context, `"${preview(word)}" is not a valid choice. Choose of: ${known!.join(', ')}.`);
    }
    return words as Word[];
  });
  documentedAs.set(list, { type: 'string', minLength: 1 });
  return list as unknown as z.ZodType<Word[], string>;
}

function preview(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** The identifier of something that exists already; whether it does is the server's to say. */
export function wireReference(): z.ZodType<string, string> {
  return wireString({ max: MAX_NAME_LENGTH, blank: false });
}

/** An ISO 8601 date or date and time, kept as text. */
export function wireDate(): z.ZodType<string, string> {
  return z
    .string({ error })
    .refine((text) => /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text)), {
      error: 'Datetime has wrong format. Use ISO 8601, such as 2026-01-05T09:00:00Z.',
    });
}

/**
 * A request object. Keys may be in snake_case (the camelCase one wins when both are there); keys that the shape
 * does not name are accepted and dropped. `ignored` names those that clients send and we know to be harmless.
 */
export function wireObject<Shape extends z.ZodRawShape>(
  shape: Shape,
  options: { ignored?: readonly string[]; aliases?: Readonly<Record<string, string>> } = {},
): z.ZodType<z.output<z.ZodObject<Shape>>, z.input<z.ZodObject<Shape>>> {
  const object = z.object(shape, { error });
  if (options.ignored) {
    ignoredKeys.add(object, { ignored: options.ignored });
  }
  const aliases = new Map(Object.entries(options.aliases ?? {}));
  for (const key of Object.keys(shape)) {
    const snake = toSnakeCase(key);
    if (snake !== key) {
      aliases.set(snake, key);
    }
  }
  aliasesOf.set(object, aliases);
  return z.preprocess((value) => renameAliases(value, aliases), object) as unknown as z.ZodType<
    z.output<z.ZodObject<Shape>>,
    z.input<z.ZodObject<Shape>>
  >;
}

/** Other spellings of an object's keys, for walkers of schemas. */
export const aliasesOf = new WeakMap<z.core.$ZodType, ReadonlyMap<string, string>>();

export function toSnakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function renameAliases(value: unknown, aliases: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value;
  }
  const given = value as Record<string, unknown>;
  let renamed: Record<string, unknown> | undefined;
  for (const [alias, key] of aliases) {
    if (!Object.hasOwn(given, alias) || Object.hasOwn(given, key)) {
      continue;
    }
    renamed ??= { ...given };
    renamed[key] = given[alias];
  }
  return renamed ?? value;
}

/** What may stand in the query of any list: the key of a page's last row, and what frameworks and caches add. */
const IN_ANY_QUERY = ['after', 'format', '_'];

/**
 * The query of a URL: an empty value counts as absent and the last of repeated ones counts, as in Django. `strict`
 * refuses what the shape does not name, except `ignored`.
 */
export function wireQuery<Shape extends z.ZodRawShape>(
  shape: Shape,
  options: {
    aliases?: Readonly<Record<string, string>>;
    ignored?: readonly string[];
    strict?: boolean;
  } = {},
): z.ZodType<z.output<z.ZodObject<Shape>>, z.input<z.ZodObject<Shape>>> {
  const object = z.object(shape, { error });
  if (options.ignored) {
    ignoredKeys.add(object, { ignored: options.ignored });
  }
  const aliases = new Map(Object.entries(options.aliases ?? {}));
  for (const key of Object.keys(shape)) {
    if (toSnakeCase(key) !== key) {
      aliases.set(toSnakeCase(key), key);
    }
  }
  aliasesOf.set(object, aliases);
  const known = new Set([
    ...Object.keys(shape),
    ...aliases.keys(),
    ...(options.ignored ?? []),
    ...IN_ANY_QUERY,
  ]);
  return z.preprocess((query, context) => {
    if (typeof query !== 'object' || query === null) {
      return query ?? {};
    }
    for (const key of options.strict ? Object.keys(query).filter((name) => !known.has(name)) : []) {
      const message = `There is no such parameter. Choose of: ${Object.keys(shape).join(', ')}.`;
      context.addIssue({ code: 'custom', path: [key], message });
    }
    const single = Object.entries(query)
      .map(([key, value]) => [key, Array.isArray(value) ? value.at(-1) : value] as const)
      .filter(([, value]) => value !== '' && value !== undefined);
    return renameAliases(Object.fromEntries(single), aliases);
  }, object) as unknown as z.ZodType<z.output<z.ZodObject<Shape>>, z.input<z.ZodObject<Shape>>>;
}

/** A list with a bounded number of items. `nonEmpty` refuses `[]`. */
export function wireList<Output, Input>(
  item: z.ZodType<Output, Input>,
  rules: { max: number; nonEmpty?: boolean },
): z.ZodType<Output[], Input[]> {
  const list = z.array(item, { error });
  const bounded = rules.nonEmpty ? list.min(1, { error: 'This list may not be empty.' }) : list;
  // Counted before the items are looked at: a million bad items must not become a million messages.
  return z.preprocess((value, context) => {
    if (Array.isArray(value) && value.length > rules.max) {
      issue(context, `Ensure this list has no more than ${rules.max} items.`);
    }
    return value;
  }, bounded.max(rules.max)) as unknown as z.ZodType<Output[], Input[]>;
}

/** The same, with `null` meaning an empty list. */
export function wireListOrNull<Output, Input>(
  item: z.ZodType<Output, Input>,
  rules: { max: number },
): z.ZodType<Output[], Input[] | null> {
  return z.preprocess(
    (value) => (value === null ? [] : value),
    wireList(item, rules),
  ) as unknown as z.ZodType<Output[], Input[] | null>;
}

/** A list, or one thing in its place; each is refused in its own words. `document` is the JSON Schema of either. */
export function wireListOr<List, ListInput, One, OneInput>(
  list: z.ZodType<List, ListInput>,
  one: z.ZodType<One, OneInput>,
  document: Record<string, unknown>,
): z.ZodType<List | One, ListInput | OneInput> {
  const either = z.unknown().transform((value, context): List | One => {
    const parsed = (Array.isArray(value) ? list : one).safeParse(value);
    if (parsed.success) {
      return parsed.data;
    }
    for (const { path, message } of parsed.error.issues) {
      context.addIssue({ code: 'custom', path, message });
    }
    return z.NEVER;
  });
  documentedAs.set(either, document);
  return either as unknown as z.ZodType<List | One, ListInput | OneInput>;
}

/** A reference or nothing: `null` and `""` both mean none. */
export function wireReferenceOrNull(): z.ZodType<string | null, string | null> {
  return z.preprocess(
    (value) => (value === '' ? null : value),
    wireReference().nullable(),
  ) as unknown as z.ZodType<string | null, string | null>;
}

const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/;
const NAME_RULE = `Use 1 to ${MAX_NAME_LENGTH} characters without line breaks, tabs or other control characters.`;

/** The name of a job, project or key: any visible text. */
export function wireName(): z.ZodType<string, string> {
  const name = z.string({ error }).superRefine((value, context) => {
    if (value === '') {
      issue(context, `This field may not be blank. ${NAME_RULE}`);
    } else if (CONTROL_CHARACTERS.test(value)) {
      issue(context, `Control characters are not allowed. ${NAME_RULE}`);
    } else if (value.length > MAX_NAME_LENGTH) {
      issue(context, `Ensure this field has no more than ${MAX_NAME_LENGTH} characters. ${NAME_RULE}`);
    }
  });
  documentedAs.set(name, { type: 'string', minLength: 1, maxLength: MAX_NAME_LENGTH });
  return z.preprocess((value) => {
    const spelled = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
    return typeof spelled === 'string' ? spelled.replace(/^ +| +$/g, '') : spelled;
  }, name) as unknown as z.ZodType<string, string>;
}

const FILE_NAME_RULE = `Use 1 to ${MAX_FILE_NAME_BYTES} bytes of UTF-8 without "/" or control characters, and not "." or "..".`;

/** Why a text cannot be the name of a file, or null when it can. */
export function fileNameProblem(name: string): string | null {
  if (name === '') {
    return `This field may not be blank. ${FILE_NAME_RULE}`;
  }
  if (name === '.' || name === '..') {
    return `"${name}" is not a file name. ${FILE_NAME_RULE}`;
  }
  if (name.includes('/')) {
    return `A file name may not contain "/". ${FILE_NAME_RULE}`;
  }
  // Half a character has no UTF-8: it would be replaced, and two names would become one.
  if (!name.isWellFormed()) {
    return `The name holds half a character (a lone surrogate). ${FILE_NAME_RULE}`;
  }
  if (CONTROL_CHARACTERS.test(name)) {
    return `Control characters are not allowed. ${FILE_NAME_RULE}`;
  }
  if (utf8Length(name) > MAX_FILE_NAME_BYTES) {
    return `The name is too long. ${FILE_NAME_RULE}`;
  }
  return null;
}

/** The name of a file: one component of a path. */
export function wireFileName(): z.ZodType<string, string> {
  return z.string({ error }).superRefine((value, context) => {
    const problem = fileNameProblem(value);
    if (problem !== null) {
      issue(context, problem);
    }
  });
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** Bytes in documents: the one word is JSON Schema's, the other what generators of clients look for. */
export const BYTES_SCHEMA = {
  type: 'string',
  contentMediaType: 'application/octet-stream',
  format: 'binary',
};

/** Bytes in a form, which handlers read as a stream. */
export const wireBytes = z.unknown();
documentedAs.set(wireBytes, BYTES_SCHEMA);

/** Identifiers in responses: letters only, case-sensitive. */
export const wireId = z.string().regex(/^[A-Za-z]{5,6}$/);
/** Dates in responses: UTC with microseconds and `Z`. */
export const wireTimestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
documentedAs.set(wireTimestamp, { type: 'string', format: 'date-time' });
/** Dates of job statuses end in `+00:00`, which older `datetime.fromisoformat` of Python can read. */
export const wireStatusTimestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
documentedAs.set(wireStatusTimestamp, { type: 'string', format: 'date-time' });
