/** What tests against a booted platform share: short ways to make people, files and jobs, and raw requests. */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Platform } from '../testing/start-platform.ts';

/** A definition that every platform accepts. */
export function definition(command = 'true', change: object = {}, tile: object = {}) {
  return {
    name: 'a job',
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command,
        hardware: { coreType: 'quartz', coresPerSlot: 1 },
        ...tile,
      },
    ],
    ...change,
  };
}

/** A job that is saved but not submitted. */
export async function saveJob(
  platform: Platform,
  body: object = definition(),
  key?: string,
): Promise<string> {
  const answer = await platform.call('POST', '/api/v2/jobs/', body, key);
  if (answer.status !== 201) {
    throw new Error(`create: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return answer.body.id;
}

export async function submitJob(
  platform: Platform,
  body: object = definition(),
  key?: string,
): Promise<string> {
  const id = await saveJob(platform, body, key);
  const answer = await platform.call('POST', `/api/v2/jobs/${id}/submit/`, undefined, key);
  if (answer.status !== 200) {
    throw new Error(`submit: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return id;
}

/** Asks again and again until there is an answer other than undefined or false; 20 seconds at most. */
export async function until<Result>(
  ask: () => Promise<Result | undefined | false>,
  what = 'it',
): Promise<Result> {
  const end = Date.now() + 20_000;
  for (;;) {
    const result = await ask();
    if (result !== undefined && result !== false) {
      return result;
    }
    if (Date.now() > end) {
      throw new Error(`Waited in vain for ${what}.`);
    }
    await sleep(25);
  }
}

/** Waits for a status in the history of a job; answers the history, oldest first, reasons in brackets. */
export async function reach(platform: Platform, jobId: string, status: string): Promise<string[]> {
  return until(async () => {
    const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/statuses/?page_size=100`);
    const rows = (body.results as Array<{ status: string; statusReason: string | null }>).toReversed();
    if (!rows.some((row) => row.status === status)) {
      return undefined;
    }
    return rows.map((row) =>
      row.statusReason === null ? row.status : `${row.status} (${row.statusReason})`,
    );
  }, `${status} of job ${jobId}`);
}

/** Runs a job to its end; answers the whole job. */
export async function runJob(
  platform: Platform,
  body: object = definition(),
  key?: string,
): Promise<Answer['body']> {
  const id = await submitJob(platform, body, key);
  await reach(platform, id, 'Completed');
  return (await platform.call('GET', `/api/v2/jobs/${id}/`)).body;
}

/** The cluster that executes a job, or did last. */
export async function clusterOf(platform: Platform, jobId: string): Promise<{ id: string; status: string }> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/cluster_statuses/`);
  return { id: body.results[0].clusterId, status: body.results[0].status };
}

/** The process of the agent that works for a job. */
export async function agentOf(platform: Platform, jobId: string): Promise<number> {
  const { id } = await clusterOf(platform, jobId);
  return until(async () => {
    const lock = await readFile(join(platform.clustersDirectory, id, 'agent.lock'), 'utf8').catch(() => '');
    return lock !== '' && (JSON.parse(lock).pid as number);
  }, 'the agent');
}

/** Waits until the log of a run has a line that the command has printed. */
export async function untilPrinted(platform: Platform, jobId: string, words: string, run = 1): Promise<void> {
  await until(async () => {
    const path = `/api/v2/jobs/${jobId}/runs/${run}/tail/process_output.log?lines=1000`;
    const { status, body } = await platform.call('GET', path);
    return status === 200 && (body.lines as string[]).some((line) => line.endsWith(words));
  }, words);
}

/** Runs a job that prints `ready` and goes on, and kills its agent; answers its id when the job has ended. */
export async function loseJob(platform: Platform, body: object, key?: string): Promise<string> {
  const id = await submitJob(platform, body, key);
  await untilPrinted(platform, id, 'ready');
  process.kill(await agentOf(platform, id), 'SIGKILL');
  await reach(platform, id, 'Completed');
  await until(async () => (await clusterOf(platform, id)).status === 'Stopped', 'the end of the cluster');
  return id;
}

export interface Someone {
  id: string;
  email: string;
  key: string;
}

export async function addUser(platform: Platform, email: string, more: object = {}): Promise<Someone> {
  const answer = await platform.call('POST', '/api/v2/users/', { email, ...more });
  if (answer.status !== 201) {
    throw new Error(`user: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return { id: answer.body.id, email, key: answer.body.apiKey };
}

/** Makes a key of whoever owns `key`. */
export async function makeApiKey(
  platform: Platform,
  body: object,
  key: string,
): Promise<{ id: string; key: string }> {
  return (await platform.call('POST', '/api/v2/users/me/api-keys/', body, key)).body;
}

/** The status that a call with this key gets. */
export async function tryKey(platform: Platform, key: string): Promise<number> {
  return (await platform.call('GET', '/api/v2/users/me/', undefined, key)).status;
}

export async function uploadFile(
  platform: Platform,
  name: string,
  bytes: string | Uint8Array = name,
  key = platform.apiKey,
): Promise<Answer['body']> {
  const form = new FormData();
  form.set('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name);
  const response = await fetch(new URL('/api/v2/files/contents/', platform.url), {
    method: 'POST',
    headers: { authorization: `Token ${key}` },
    body: form,
  });
  if (response.status !== 201) {
    throw new Error(`upload: ${response.status} ${await response.text()}`);
  }
  return response.json();
}

/** The log of an ended job as `lines` gives it, line ends kept. */
export async function logOf(platform: Platform, jobId: string): Promise<string[]> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/files/?search=process_output.log`);
  return (await platform.call('GET', `/api/v2/files/${body.results[0].id}/lines/`)).body.lines;
}

/** The text of an output by its relative path. */
export async function readOutput(platform: Platform, jobId: string, relativePath: string): Promise<string> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${jobId}/files/?page_size=1000`);
  const file = (body.results as Array<{ relativePath: string; downloadUrl: string }>).find(
    (each) => each.relativePath === relativePath,
  );
  if (!file) {
    const job = await platform.call('GET', `/api/v2/jobs/${jobId}/`);
    throw new Error(
      `There is no output ${relativePath}: ${JSON.stringify([body.results, job.body.failure])}`,
    );
  }
  const response = await fetch(file.downloadUrl, { headers: { authorization: `Token ${platform.apiKey}` } });
  return response.text();
}

export interface RawAnswer {
  status: number;
  /** Header names in lower case. */
  headers: Record<string, string>;
  text: string;
}

/**
 * Sends bytes as they are and answers what came until the server closed the connection or an answer of known
 * length was whole; fails when neither happens in time.
 */
export function sendRaw(platform: Platform, bytes: string | Buffer, timeoutMs = 10_000): Promise<RawAnswer> {
  const { hostname, port } = new URL(platform.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received: Buffer = Buffer.alloc(0);
    const finish = (isClosed: boolean) => {
      const answer = parseAnswer(received, isClosed);
      if (!answer && !isClosed) {
        return;
      }
      clearTimeout(timer);
      socket.destroy();
      if (answer) {
        resolve(answer);
      } else {
        reject(new Error(`The connection ended without an answer: ${received.toString('latin1')}`));
      }
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`No whole answer within ${timeoutMs} ms: ${received.toString('latin1')}`));
    }, timeoutMs);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      finish(false);
    });
    socket.on('close', () => finish(true));
    // The server may close while this still sends; what it said before counts.
    socket.on('error', () => {});
    socket.write(bytes);
  });
}

function parseAnswer(received: Buffer, isClosed: boolean): RawAnswer | null {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) {
    return null;
  }
  const [statusLine, ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  const body = received.subarray(end + 4);
  const status = Number(statusLine!.split(' ')[1]);
  const length = status === 204 ? 0 : Number(headers['content-length'] ?? Number.POSITIVE_INFINITY);
  if (body.length < length && !isClosed) {
    return null;
  }
  return { status, headers, text: body.toString('utf8') };
}

/** A request in the words of HTTP/1.1. */
export function rawRequest(
  platform: Platform,
  method: string,
  path: string,
  options: { headers?: string[]; body?: string | Buffer; key?: string | null } = {},
): Buffer {
  const { headers = [], body = '', key = platform.apiKey } = options;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${new URL(platform.url).host}`,
    ...(key === null ? [] : [`Authorization: Token ${key}`]),
    ...headers,
    ...(bytes.length > 0 && !headers.some((line) => /^(content-length|transfer-encoding):/i.test(line))
      ? [`Content-Length: ${bytes.length}`]
      : []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

/** All leaves of a refusal, which must be lists of texts, with their paths. */
export function leaves(body: unknown, path = ''): Array<[path: string, message: string]> {
  if (Array.isArray(body) && body.length > 0 && body.every((each) => typeof each === 'string')) {
    return body.map((message) => [path, message]);
  }
  if (typeof body !== 'object' || body === null) {
    throw new Error(`${path} is ${JSON.stringify(body)}`);
  }
  return Object.entries(body).flatMap(([key, value]) => leaves(value, path === '' ? key : `${path}.${key}`));
}

/** What a page sends with each request when somebody has signed in with a key. */
export interface SignedIn {
  id: string;
  token: string;
  cookie: string;
  headers: Record<string, string>;
}

/** Signs in as a page of the platform does. */
export async function signIn(platform: Platform, key = platform.apiKey): Promise<SignedIn> {
  return sessionOf(platform, await trySignIn(platform, { key }));
}

/** Asks for a session, with the origin of the platform's pages unless headers say otherwise. */
export function trySignIn(
  platform: Platform,
  body: object,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(new URL('/api/session/', platform.url), {
    method: 'POST',
    headers: { origin: platform.url, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

/** The session that an answer has begun. */
export async function sessionOf(platform: Platform, answer: Response): Promise<SignedIn> {
  if (answer.status !== 201) {
    throw new Error(`sign in: ${answer.status} ${await answer.text()}`);
  }
  const { id, token } = (await answer.json()) as { id: string; token: string };
  const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
  return { id, token, cookie, headers: { cookie, 'x-quarry-session': token, origin: platform.url } };
}
