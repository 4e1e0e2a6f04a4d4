import { buildOpenApi, type Descriptions, type OpenApiDocument } from '@quarry/contract';
import manifest from '../packages/server/package.json' with { type: 'json' };

/** `docs/openapi.json`: v2, as any server of this release describes it, but for its address. */
export function openApiDocument(descriptions: Descriptions): OpenApiDocument {
  return buildOpenApi({ version: 'v2', release: manifest.version, descriptions });
}
