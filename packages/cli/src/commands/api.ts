import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import type { RequestSpec } from '@quarry/sdk';
import { argument, defineCommand, flag, type PlatformContext, text, texts } from '../command.ts';
import { usageError } from '../errors.ts';
import { readFieldValues } from '../field-values.ts';
import { writeStream } from '../output/write-stream.ts';
import { readAll } from '../submission/definition.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const WITHOUT_BODY = new Set(['GET', 'DELETE']);
/** Larger answers are files. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export default defineCommand({
  details:
    'For what has no command: one request with your key, whose answer is printed as it comes, or as JSON for --json and --jq. A path ' +
    'without /api/ in front is one of /api/v2/. Fields are JSON where they can be read as such and text elsewhere; ' +
    'they go into the query of GET and DELETE, and into the JSON body of other methods. Nothing that changes something is sent twice.',
  arguments: {
    method: argument('<method>', METHODS.join(', ')),
    path: argument('<path>', 'such as jobs/abcDEF/ or /api/v3/jobs/'),
  },
  options: {
    field: texts('-f, --field <name=value>', 'a field of the query or the body (repeatable)'),
    input: text('--input <file>', 'the body, as JSON; - reads standard input'),
    paginate: flag('--paginate', 'follow the pages of a list, and print all its items as one'),
  },
  examples: [
    { command: 'quarry api GET users/me/', says: 'Who the key belongs to' },
    { command: "quarry api GET jobs/ -f state=completed --paginate --jq '.[].id'", says: 'All of a list' },
    { command: 'quarry api PATCH jobs/abcDEF/ -f name="second try"', says: 'Change a job' },
  ],
  async run({ method: given, path, field, input, paginate }, context) {
    const { sdk, io } = context;
    const method = given.toUpperCase();
    if (!METHODS.includes(method)) {
      throw usageError(`There is no method ${given}; there is ${METHODS.join(', ')}.`);
    }
    if (paginate && method !== 'GET') {
      throw usageError('--paginate follows the pages of a list, which GET reads.');
    }
    const request = await readRequest({ method, path: addressOf(path), field, input }, context);
    if (paginate) {
      return await readPages(request, context);
    }
    const body = await sdk.transport.exchange(request, (response) => readAnswer(response, request, context));
    const json = readJson(body);
    if (io.json) {
      if (json === null) {
        throw usageError(
          `${method} ${path} was answered with something that is not JSON.`,
          'Leave out --json and --jq.',
        );
      }
      return json.value;
    }
    if (body.length > 0) {
      await writeStream(
        json === null ? [body] : [Buffer.from(endLine(body.toString('utf8')))],
        io,
        context.signal,
      );
    }
    return undefined;
  },
});

async function readAnswer(
  response: Response,
  request: RequestSpec,
  { sdk }: PlatformContext,
): Promise<Buffer> {
  if (Number(response.headers.get('content-length')) > MAX_ANSWER_BYTES) {
    await response.body?.cancel();
    throw usageError(
      `The answer to ${request.method} ${request.path} has more than ${MAX_ANSWER_BYTES >> 20} MiB.`,
      'Files are fetched by `quarry files download` and written out by `quarry files cat`.',
    );
  }
  const body = Buffer.from(await response.arrayBuffer());
  sdk.transport.warn(response.headers, readJson(body)?.value, request);
  return body;
}

/** `jobs/` is below `/api/v2/`; a whole address is left as it is, and one of another platform is refused by the SDK. */
function addressOf(path: string): string {
  if (/^[a-z]+:\/\//i.test(path)) {
    return path;
  }
  const absolute = path.startsWith('/') ? path : `/${path}`;
  return /^\/(api|healthz|readyz|metrics)(\/|$)/.test(absolute) ? absolute : `/api/v2${absolute}`;
}

async function readRequest(
  {
    method,
    path,
    field,
    input,
  }: { method: string; path: string; field: readonly string[]; input: string | undefined },
  { io, signal }: PlatformContext,
): Promise<RequestSpec> {
  const fields = Object.fromEntries(readFieldValues(field));
  const request = { method, path, signal, repeat: method === 'GET' ? 'always' : 'never' } as const;
  if (WITHOUT_BODY.has(method)) {
    if (input !== undefined) {
      throw usageError(`${method} takes no body: leave out --input.`);
    }
    const query = new URLSearchParams(
      Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]),
    ).toString();
    return query === '' ? request : { ...request, path: `${path}${path.includes('?') ? '&' : '?'}${query}` };
  }
  const whole = input === undefined ? undefined : await readInput(input, io.stdin);
  if (whole === undefined && field.length === 0) {
    return request;
  }
  const headers = { 'content-type': 'application/json' };
  return { ...request, headers, body: JSON.stringify(field.length === 0 ? whole : merge(whole, fields)) };
}

async function readInput(path: string, stdin: PlatformContext['io']['stdin']): Promise<unknown> {
  const whole = path === '-' ? await readAll(stdin) : await readFile(path, 'utf8');
  try {
    return JSON.parse(whole);
  } catch (error) {
    throw usageError(`${path === '-' ? 'Standard input' : path} is not JSON: ${(error as Error).message}.`);
  }
}

function merge(whole: unknown, fields: Record<string, unknown>): unknown {
  if (whole === undefined) {
    return fields;
  }
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) {
    throw usageError('--field changes fields of an object, and --input is none.');
  }
  return { ...whole, ...fields };
}

/** All items of a list; what the platform writes as the next page is asked for at its own address. */
async function readPages(first: RequestSpec, { sdk }: PlatformContext): Promise<unknown[]> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  for (let path: string | null = first.path; path !== null; ) {
    seen.add(path);
    const page = (await sdk.transport.json({ ...first, path })) as { results?: unknown; next?: unknown };
    if (!Array.isArray(page?.results)) {
      throw usageError(`${first.path} is no list with pages.`, 'Leave out --paginate.');
    }
    items.push(...page.results);
    const next: string | null = typeof page.next === 'string' ? sdk.transport.ownUrl(page.next) : null;
    path = next !== null && !seen.has(next) ? next : null;
  }
  return items;
}

function readJson(bytes: Buffer): { value: unknown } | null {
  if (bytes.length === 0) {
    return { value: null };
  }
  if (!isUtf8(bytes)) {
    return null;
  }
  try {
    return { value: JSON.parse(bytes.toString('utf8')) };
  } catch {
    return null;
  }
}

function endLine(line: string): string {
  return line.endsWith('\n') ? line : `${line}\n`;
}
