/**
 * What Node's parser lets through of the head of a request although RFC 9110 and 9112 forbid it, or although a program
 * in front of the server may read it in another way: that program and this one must never take a request for two.
 */
import type { IncomingMessage } from 'node:http';
import { type Problem, refused } from '../problems.ts';
import {
  expectationFailed,
  HttpProblem,
  methodNotAllowed,
  transferCodingUnknown,
  versionNotSupported,
} from './http-problems.ts';

const HOST = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/;
const ABSOLUTE = /^(https?):\/\/([^/?#]*)(.*)$/i;

const UPLOADS = /^\/api\/(v2\/|v3\/)?files\/uploads\//;

/** Methods that some endpoint answers to. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/** Whether a text is a name or an address of a host, perhaps with a port, that links can begin with. */
export function isHost(text: string): boolean {
  return HOST.test(text) && URL.canParse(`http://${text}`);
}

/** RFC 9112, 3.2.2: the form with scheme and host means the same as the form that begins with a slash. */
export function toOriginForm(target: string): string {
  if (target.startsWith('/')) {
    return target;
  }
  const rest = ABSOLUTE.exec(target)?.[3];
  if (rest === undefined) {
    return target;
  }
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Scripts join an address that ends in a slash with a path that begins with one, and mean what one would. */
export function toPlainPath(target: string): string {
  const end = target.indexOf('?');
  const path = end < 0 ? target : target.slice(0, end);
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') + target.slice(path.length) : target;
}

/** tus 1.0.0: clients that cannot send PATCH or DELETE name them in X-HTTP-Method-Override, which counts for uploads alone. */
export function meantMethod({ method = '', headers }: IncomingMessage, target: string): string {
  const meant = headers['x-http-method-override'];
  const isOverridden = method === 'POST' && (meant === 'PATCH' || meant === 'DELETE') && UPLOADS.test(target);
  return isOverridden ? meant : method;
}

/** Why a request cannot be served whatever it asks for; null when its head is in order. `target` is as it was sent. */
export function problemOfHead(request: IncomingMessage, target: string): Problem | null {
  const { method = '', httpVersion, headers } = request;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return versionNotSupported(httpVersion);
  }
  if (!KNOWN_METHODS.has(method)) {
    return methodNotAllowed(method, METHODS);
  }
  return (
    problemOfHost(request, target) ??
    problemOfFraming(headers['transfer-encoding'], httpVersion) ??
    problemOfExpectation(headers.expect, httpVersion)
  );
}

function problemOfHost({ headers, httpVersion, method, rawHeaders }: IncomingMessage, target: string) {
  let hosts = 0;
  let credentials = 0;
  // Node keeps the first of two and forgets the other. Most names are told apart by their length alone.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === 'host') {
      hosts++;
    } else if (name.length === 13 && name.toLowerCase() === 'authorization') {
      credentials++;
    }
  }
  if (hosts > 1) {
    return badHost('The request has two Host headers.');
  }
  if (credentials > 1) {
    return refused('The request has two Authorization headers.', {
      code: 'two_credentials',
      hint: 'Send one: which of two counts would depend on who reads them.',
    });
  }
  const { host } = headers;
  // RFC 9112, 3.2: only requests of HTTP/1.0 may come without.
  if (host === undefined && httpVersion === '1.1') {
    return badHost('The request has no Host header.');
  }
  if (host !== undefined && !isHost(host)) {
    return badHost('The Host header is not a host name.');
  }
  if (target.startsWith('/') || (target === '*' && method === 'OPTIONS')) {
    return null;
  }
  const absolute = ABSOLUTE.exec(target);
  if (absolute === null) {
    return refused('The target of the request is neither a path nor an address.', {
      code: 'bad_target',
      hint: 'Begin the target with a slash, as in "GET /api/v2/jobs/ HTTP/1.1".',
    });
  }
  const [, scheme, authority] = absolute as unknown as [string, string, string];
  const isSame = host === undefined || withoutPort(authority, scheme) === withoutPort(host, scheme);
  if (isSame && isHost(authority)) {
    return null;
  }
  return badHost('The address in the request line names another host than the Host header.');
}

/** A port that goes without saying is left out. */
function withoutPort(authority: string, scheme: string): string {
  const lower = authority.toLowerCase();
  return lower.replace(scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/, '');
}

function badHost(detail: string): Problem {
  return refused(detail, { code: 'bad_host', hint: 'Send one header "Host: name[:port]".' });
}

function problemOfFraming(transferEncoding: string | undefined, httpVersion: string): Problem | null {
  if (transferEncoding === undefined) {
    return null;
  }
  // RFC 9112, 6.1: HTTP/1.0 knows no chunks, so whoever passed the request on may have seen another end of its body.
  if (httpVersion !== '1.1') {
    return new HttpProblem(400, 'A request of HTTP/1.0 cannot have a Transfer-Encoding.', {
      code: 'bad_request',
      hint: 'Send the body with a Content-Length, or speak HTTP/1.1.',
      headers: { connection: 'close' },
    });
  }
  return transferEncoding.toLowerCase() === 'chunked' ? null : transferCodingUnknown(transferEncoding);
}

/** RFC 9110, 10.1.1: nothing else can be expected, and HTTP/1.0 expects nothing. */
function problemOfExpectation(expect: string | undefined, httpVersion: string): Problem | null {
  if (expect === undefined || httpVersion !== '1.1' || expect.toLowerCase() === '100-continue') {
    return null;
  }
  return expectationFailed(expect);
}
