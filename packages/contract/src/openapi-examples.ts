/** What operations are shown with: requests and answers of a real server, with invented names in place of its own. */
import v2 from '../fixtures/examples/v2.json' with { type: 'json' };
import v3 from '../fixtures/examples/v3.json' with { type: 'json' };
import type { ApiVersion } from './endpoint.ts';

export interface Example {
  request?: unknown;
  response?: unknown;
}

const EXAMPLES: Record<ApiVersion, Readonly<Record<string, Example>>> = { v2, v3 };

/** The example of an operation: that of v3 has what differs from v2. */
export function exampleOf(operationName: string, version: ApiVersion): Example {
  return { ...EXAMPLES.v2[operationName], ...EXAMPLES[version][operationName] };
}
