import { type ApiVersion, buildOpenApi, type OpenApiDocument } from '@quarry/contract';

const built = new Map<ApiVersion, OpenApiDocument>();

/** The OpenAPI document as the requester's address sees it; the part that is the same for all is built once. */
export function describeApi(version: ApiVersion, serverUrl: string, release: string): OpenApiDocument {
  let document = built.get(version);
  if (!document) {
    document = buildOpenApi({ version, release });
    built.set(version, document);
  }
  return { ...document, servers: [{ url: serverUrl }] };
}

export function isApiVersion(value: unknown): value is ApiVersion {
  return value === 'v2' || value === 'v3';
}
