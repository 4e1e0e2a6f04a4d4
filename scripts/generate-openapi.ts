import { buildOpenApi } from '@quarry/contract';
import manifest from '../packages/server/package.json' with { type: 'json' };

/** `docs/openapi.json`: v2, as any server of this release describes it, but for its address. */
export function openApiDocument(): string {
  return `${JSON.stringify(buildOpenApi({ version: 'v2', release: manifest.version }), null, 2)}\n`;
}
