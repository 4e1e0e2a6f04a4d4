import { createHash, timingSafeEqual } from 'node:crypto';
import type { EndpointDefinition } from '@quarry/contract';
import { Answer, type Route, route } from '../http/route.ts';
import { notReady } from '../problems.ts';
import type { Sources } from './exposition.ts';
import type { Readiness } from './readiness.ts';

const PATHS = ['/healthz', '/readyz', '/metrics'] as const;

/** Whether a request only watches the server, which then is no less idle for it. */
export function isWatching(url: string | undefined): boolean {
  return PATHS.some((path) => url === path);
}

/**
 * What watches the server: for programs of whoever runs it, not part of the API and so not in its description. The first two
 * say yes or no to anybody.
 */
export function watchRoutes(options: {
  readiness: Pick<Readiness, 'isReady'>;
  sources: Sources;
  /** Opens `/metrics` beside administrators' keys; null where none is set. */
  metricsToken: string | null;
}): Route[] {
  const { readiness, sources, metricsToken } = options;
  const exposition = lateExposition(sources);
  return [
    route(watching('/healthz', 'public', 'The process answers'), async () => YES),
    route(watching('/readyz', 'public', 'The server can do its work'), async () => {
      if (!(await readiness.isReady())) {
        throw notReady();
      }
      return YES;
    }),
    route(
      watching('/metrics', 'admin', 'Numbers for Prometheus'),
      async () => {
        const { contentType, write } = await exposition();
        return Answer.text({ ...UNSTORED, 'content-type': contentType }, await write());
      },
      { accepts: metricsToken === null ? undefined : (header) => carries(header, metricsToken) },
    ),
  ];
}

/** No proxy may answer in the server's place. */
const UNSTORED = { 'cache-control': 'no-store' };
const YES = Answer.text(
  { ...UNSTORED, 'content-type': 'application/json; charset=utf-8' },
  JSON.stringify({ status: 'ok' }),
);

function watching(
  path: (typeof PATHS)[number],
  access: EndpointDefinition['access'],
  summary: string,
): EndpointDefinition {
  return { method: 'GET', path, summary, tag: 'Server', access, status: 200 };
}

/** The library takes a fifth of the start, which most servers never need. */
function lateExposition(sources: Sources) {
  let loaded: ReturnType<typeof load> | null = null;
  const load = async () => (await import('./exposition.ts')).createExposition(sources);
  return () => {
    loaded ??= load();
    return loaded;
  };
}

/** Compared by digests, which are of one length and tell nothing by the time that it takes. */
function carries(header: string | undefined, token: string): boolean {
  const sent = /^(?:bearer|token)\s+(\S+)\s*$/i.exec(header ?? '')?.[1];
  if (sent === undefined) {
    return false;
  }
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(token));
}
