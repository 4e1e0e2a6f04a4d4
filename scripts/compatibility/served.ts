import { type EndpointDefinition, endpoints } from '@quarry/contract';
import type { KnownClient } from './clients.ts';
import { type KnownEndpoint, knownEndpoints } from './endpoints.ts';

export type Version = 'v2' | 'v3';

const served = new Set(endpoints.flatMap(keysOf));

function keysOf(endpoint: EndpointDefinition): string[] {
  return (endpoint.versions ?? []).map(
    (version) =>
      `${endpoint.method} ${version} ${endpoint.path.replace('/api/v2/', '').replace(/:\w+/g, '{}')}`,
  );
}

/** Whether the contract, and so the server, has this endpoint in this version. */
export function isServed(endpoint: KnownEndpoint, version: Version): boolean {
  return served.has(`${endpoint.method} ${version} ${endpoint.path}`);
}

/** One call that a client needs: an endpoint in one version. */
export interface NeededCall {
  endpoint: KnownEndpoint;
  version: Version;
}

/** The calls behind a client's list of names. Throws when a name is not in the table. */
export function callsOf(client: KnownClient): NeededCall[] {
  return client.needs.split(' ').flatMap((word) => {
    const [, id, method, version] = /^([A-Z]+\d*)(?:\.([A-Z]+))?(?:@(v[23]))?$/.exec(word) ?? [];
    const found = knownEndpoints.filter(
      (endpoint) =>
        endpoint.id === id &&
        (!method || endpoint.method === method) &&
        (!version || endpoint.versions.includes(version as Version)),
    );
    if (found.length === 0) {
      throw new Error(`${client.name}: ${word} names no known endpoint.`);
    }
    return found.map((endpoint) => ({
      endpoint,
      version: (version as Version | undefined) ?? endpoint.versions[0]!,
    }));
  });
}
