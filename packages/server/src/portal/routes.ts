import { buildOpenApi, type EndpointDefinition } from '@quarry/contract';
import { Answer, type Route, route } from '../http/route.ts';
import { welcomePage } from './welcome-page.ts';

const page = (path: `/${string}`, summary: string) =>
  ({
    method: 'GET',
    path,
    summary,
    tag: 'Portal',
    access: 'public',
    status: 200,
    responseKind: 'bytes',
  }) as const satisfies EndpointDefinition;

/** What a browser gets: the portal, and the description of the API for people and programs. */
export function portalRoutes(version: string): Route[] {
  return [
    route(page('/', 'The portal'), async (call) => html(welcomePage({ version, baseUrl: call.baseUrl }))),
    route(page('/api/openapi.json', 'The OpenAPI document'), async (call) =>
      Answer.json(200, buildOpenApi({ version: 'v2', serverUrl: call.baseUrl, release: version })),
    ),
  ];
}

function html(text: string): Answer {
  return new Answer(
    200,
    { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff' },
    text,
  );
}
