/**
 * Whether a request comes from a page of this platform. Browsers send sessions along whoever makes them send a request, so
 * with a session the request must name a host that is ours, and what changes something the origin of our pages. Keys
 * are sent by programs that know where to, and need none of this.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { forbidden } from '../problems.ts';
import { requestBaseUrl } from './base-url.ts';

export interface OwnSite {
  /** The address that people use when a proxy stands in front; null where there is none. */
  publicUrl: string | null;
  trustProxy: boolean;
  /** Names of the host beside that address and `localhost`, in lower case. */
  hostNames: ReadonlySet<string>;
}

const HARMLESS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Refuses what carries a session without coming from a page of ours. */
export function refuseForeign(request: IncomingMessage, site: OwnSite): void {
  const own = ownOrigins(request, site);
  const { origin } = request.headers;
  if (origin === undefined ? !HARMLESS.has(request.method!) : !own.includes(origin)) {
    throw foreignOrigin(origin, own);
  }
}

/** The origin of the page of ours that has sent a request; refuses when it was another one, or none. */
export function ownOriginOf(request: IncomingMessage, site: OwnSite): string {
  const own = ownOrigins(request, site);
  const { origin } = request.headers;
  if (origin === undefined || !own.includes(origin)) {
    throw foreignOrigin(origin, own);
  }
  return origin;
}

/** The origins that our pages have for whoever sent this. */
function ownOrigins(request: IncomingMessage, site: OwnSite): string[] {
  const asked = new URL(requestBaseUrl(request, site));
  if (!isOurs(asked.hostname, site)) {
    throw forbidden(
      `This platform does not know itself as ${asked.hostname}.`,
      'Open it by its own address, or add the name to host_names (or public_url) in its configuration. Keys work with any name.',
      'unknown_host',
    );
  }
  return site.publicUrl === null ? [asked.origin] : [asked.origin, new URL(site.publicUrl).origin];
}

/** No name server can lead an address or `localhost` to somebody else's page, so they are ours whatever they are. */
function isOurs(hostname: string, { publicUrl, hostNames }: OwnSite): boolean {
  return (
    isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 ||
    hostname === 'localhost' ||
    hostNames.has(hostname) ||
    (publicUrl !== null && new URL(publicUrl).hostname === hostname)
  );
}

function foreignOrigin(origin: string | undefined, own: readonly string[]) {
  const sent = origin === undefined ? 'The request does not say from which page it comes.' : null;
  return forbidden(
    sent ?? `The request comes from a page of ${origin}, which is not this platform.`,
    `Sessions are for the pages of ${own.join(' and ')}; programs use a key. Behind a proxy, X-Forwarded-Host and X-Forwarded-Proto must be as the browser sees them.`,
    'foreign_origin',
  );
}
