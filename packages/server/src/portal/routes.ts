import type { ApiVersion, EndpointDefinition } from '@quarry/contract';
import { type Call, type Route, route } from '../http/route.ts';
import { notFound, refused } from '../problems.ts';
import { addresses, areIds } from './addresses.ts';
import { assets } from './assets.ts';
import { describeApi, isApiVersion } from './describe-api.ts';
import type { Html } from './html.ts';
import { referencePage } from './reference/page.ts';
import { document, immutable, page } from './respond.ts';
import { welcomePage } from './welcome.ts';

/** What a browser gets: the portal, and the description of the API for people and programs. */
export function portalRoutes(version: string): Route[] {
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
    publicRoute('/', 'The portal', (call) => page(call, welcomePage({ version, baseUrl: call.baseUrl }))),
    ...Object.entries(addresses).map(([path, place]) =>
      publicRoute(path as `/${string}`, 'A place in the portal', (call) => {
        const parameters = (call.params ?? {}) as Record<string, string>;
        if (!areIds(parameters)) {
          throw notFound();
        }
        return page(call, welcomePage({ version, baseUrl: call.baseUrl, place: place(parameters) }));
      }),
    ),
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
