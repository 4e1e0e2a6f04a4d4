import type { ApiVersion, EndpointDefinition } from '@quarry/contract';
import { preferredCoding } from '../http/content-coding.ts';
import { type Call, type Route, route } from '../http/route.ts';
import { notFound, refused } from '../problems.ts';
import { ADDRESSES, areParameters, commandsAt } from './addresses.ts';
import { assets } from './assets.ts';
import type { BuildState } from './build.ts';
import type { BuiltPortal } from './built.ts';
import { describeApi, isApiVersion } from './describe-api.ts';
import type { Html } from './html.ts';
import { referencePage } from './reference/page.ts';
import { asset, document, immutable, page, shell } from './respond.ts';
import { welcomePage } from './welcome.ts';

/** What the portal is given out from. */
export interface PortalContext {
  built: BuiltPortal;
  /** What becomes of a build that is under way. */
  buildState: () => BuildState;
}

/** What a browser gets: the portal, and the description of the API for people and programs. */
export function portalRoutes(version: string, { built, buildState }: PortalContext): Route[] {
  const references = new Map<ApiVersion, Html>();
  /** The same for everybody, so rendered once: it takes milliseconds, and anybody may ask for it. */
  function reference(apiVersion: ApiVersion): Html {
    const known = references.get(apiVersion);
    if (known) {
      return known;
    }
    const fresh = referencePage({ api: describeApi(apiVersion, '/', version), apiVersion, version });
    references.set(apiVersion, fresh);
    return fresh;
  }

  return [
    ...ADDRESSES.map((path) =>
      publicRoute(path, 'A place in the portal', async (call) => {
        const parameters = (call.params ?? {}) as Record<string, string>;
        if (!areParameters(parameters)) {
          throw notFound();
        }
        const made = await built.shell();
        if (made !== null) {
          return shell(made);
        }
        const place = commandsAt(path, parameters);
        return page(call, welcomePage({ version, baseUrl: call.baseUrl, place, build: buildState() }));
      }),
    ),
    publicRoute('/assets/:name', 'A file of the portal', async (call) => {
      const { name } = call.params as { name: string };
      const accepted = call.headers['accept-encoding'];
      const found = await built.asset(name, (codings) => preferredCoding(accepted, codings));
      if (found === null) {
        throw notFound(
          'There is no such file of the portal: a page of an older version may be open. Load it anew.',
        );
      }
      return asset(found, call.method);
    }),
    ...Object.values(assets).map((asset) =>
      publicRoute(asset.path, 'A file of the portal', () => immutable(asset.contentType, asset.text)),
    ),
    publicRoute('/api/openapi.json', 'The OpenAPI document', (call) =>
      document(call, describeApi(versionOf(call), call.baseUrl, version)),
    ),
    publicRoute('/api/v2/openapi.json', 'The OpenAPI document of v2', (call) =>
      document(call, describeApi('v2', call.baseUrl, version)),
    ),
    publicRoute('/api/v3/openapi.json', 'The OpenAPI document of v3', (call) =>
      document(call, describeApi('v3', call.baseUrl, version)),
    ),
    publicRoute('/api/reference/', 'The API, to read', (call) => page(call, reference(versionOf(call)))),
  ];
}

function publicRoute(path: `/${string}`, summary: string, answer: (call: Call) => unknown): Route {
  const endpoint: EndpointDefinition = {
    method: 'GET',
    path,
    summary,
    tag: 'Portal',
    access: 'public',
    status: 200,
    responseKind: 'bytes',
  };
  return route(endpoint, async (call) => answer(call as Call));
}

function versionOf(call: Call): ApiVersion {
  const { version = 'v2' } = (call.query ?? {}) as { version?: unknown };
  if (isApiVersion(version)) {
    return version;
  }
  throw refused('There is no such version of the API.', {
    code: 'unknown_version',
    hint: 'Ask for version=v2 or version=v3.',
  });
}
