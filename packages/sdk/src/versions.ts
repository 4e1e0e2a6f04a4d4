/** What to say where a platform lacks a call: mostly it is of another version than this package, or another platform. */
import { VERSION } from './version.ts';

/** Quarry servers of before they told their version. */
const EARLY_WORDS = /^There is nothing at \//;

export interface RefusedCall {
  method: string;
  path: string;
  status: number;
  /** What the platform says that it is; null where it says nothing. */
  serverVersion: string | null;
  code: string | null;
  detail: string | null;
  /** Whether the body is one that the API has: JSON with a `detail`, or none at all. */
  hasOwnBody: boolean;
}

/**
 * Whether an answer means that the platform has no such call, and not that it has no such thing. Platforms of Django REST
 * framework answer the latter with a `detail`, and the former with a page.
 */
export function isUnknownCall(call: RefusedCall): boolean {
  const { status, path, serverVersion, code, detail, hasOwnBody } = call;
  // Of other addresses, such as that of a download, nothing is expected.
  if (!path.startsWith('/api/') && serverVersion === null) {
    return false;
  }
  if (status === 405) {
    return true;
  }
  if (status !== 404) {
    return false;
  }
  if (code === 'unknown_path') {
    return true;
  }
  if (serverVersion !== null) {
    return false;
  }
  return EARLY_WORDS.test(detail ?? '') || !hasOwnBody;
}

/** The same for people: which call is missing where, and what helps. */
export function wordsForUnknownCall({ method, path, serverVersion, detail }: RefusedCall): {
  message: string;
  hint: string;
} {
  const call = `${method} ${path.split('?')[0]}`;
  const mine = `this client is ${VERSION}`;
  if (serverVersion !== null) {
    return {
      message: `The server is Quarry ${serverVersion} and has no call ${call}; ${mine}.`,
      hint: adviceFor(compareVersions(serverVersion, VERSION)),
    };
  }
  if (EARLY_WORDS.test(detail ?? '')) {
    return {
      message: `The server is an early Quarry that does not tell its version, and has no call ${call}; ${mine}.`,
      hint: adviceFor(-1),
    };
  }
  return {
    message: `The platform has no call ${call}. It does not say that it is a Quarry server; ${mine}.`,
    hint: 'Other platforms that speak this API lack what Quarry adds to it. If it is a Quarry server, check the address, and that no proxy in between answers.',
  };
}

function adviceFor(order: number): string {
  if (order < 0) {
    return 'The server is older: ask whoever runs it to update it, or use a client of its version.';
  }
  if (order > 0) {
    return 'The server is newer: update the client.';
  }
  return 'Both are of one version: check the path.';
}

/** Less than 0 where the first is older; by their three numbers alone. */
export function compareVersions(first: string, second: string): number {
  const [a, b] = [numbersOf(first), numbersOf(second)];
  return a.map((number, place) => number - b[place]!).find((difference) => difference !== 0) ?? 0;
}

function numbersOf(version: string): number[] {
  const [core = ''] = version.split(/[+-]/, 1);
  const parts = core.split('.').map((part) => Number.parseInt(part, 10) || 0);
  return [0, 1, 2].map((place) => parts[place] ?? 0);
}
