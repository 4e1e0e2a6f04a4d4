/** The OpenAPI 3.1 document, derived from the endpoints; nothing in it is written twice. */
import type { z } from 'zod';
import type { ApiVersion, EndpointDefinition } from './endpoint.ts';
import { responseSchema } from './endpoint.ts';
import { endpointsByName } from './endpoints.ts';
import type { JsonSchema } from './json-schema.ts';
import { exampleOf } from './openapi-examples.ts';
import {
  ERROR_RESPONSES,
  ERROR_SCHEMA,
  ERROR_STATUS,
  type ErrorName,
  IDEMPOTENCY_HEADERS,
  IDEMPOTENCY_PARAMETERS,
  RANGE_HEADERS,
} from './openapi-parts.ts';
import { collectSchemas, type Descriptions, type SchemaCollector } from './openapi-schemas.ts';
import { BYTES_SCHEMA } from './wire.ts';

export interface OpenApiOptions {
  version: ApiVersion;
  /** Base URL of the server; `/` when absent, which means the host that serves the document. */
  serverUrl?: string;
  /** Release of the software that serves it, for `info.version`. */
  release?: string;
  /** What fields mean; what their comments said when they were last collected, when absent. */
  descriptions?: Descriptions;
}

export interface OpenApiDocument {
  openapi: '3.1.1';
  info: { title: string; version: string; [field: string]: unknown };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  security: Record<string, string[]>[];
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: Record<string, Record<string, unknown>>;
}

export interface OpenApiOperation {
  operationId: string;
  tags: string[];
  summary: string;
  responses: Record<string, unknown>;
  [field: string]: unknown;
}

const ERROR_NAMES = Object.keys(ERROR_STATUS) as ErrorName[];

const TAGS = {
  Jobs: 'Save, submit, watch and stop jobs.',
  Runs: 'Executions of a job: one, or one per combination of variables.',
  Sweeps: 'Results of many runs, their analysis, and running them again. Not part of the original API.',
  Tasks: 'Answers to questions that may take long, fetched by the token that was given for them.',
  'Job templates': 'Forms that keepers make, by which others make jobs.',
  Clusters: 'What jobs are executed on: hosts, sizes and histories.',
  Files: 'Inputs and outputs, kept by their SHA-512.',
  'Storage devices': 'Directories that several jobs have at the same time, and that outlive them.',
  'Core types': 'Kinds of cores that jobs can run on.',
  Analyses: 'Software that jobs can use.',
  Billing: 'Prices, and what was used.',
  Users: 'Who you are.',
  Projects: 'What jobs are charged to.',
  'API keys': 'Your own keys. Not part of the original API.',
  Sessions: 'How pages of this platform are signed in. Not part of the original API.',
  Administration:
    'Users and projects of this server, and the log of who did what. Not part of the original API.',
  Server: 'The server itself.',
  Agent: 'Between the server and the agents of its clusters; not for other clients, and free to change.',
} as const satisfies Record<string, string>;

const DESCRIPTION = `Compute jobs over HTTP, in the shapes of the Rescale REST API.

Send \`Authorization: Token <key>\`. Trailing slashes are optional. Request bodies are read leniently: booleans and
integers may be strings, keys may be in snake_case, keys that mean nothing here are accepted and named in
\`warnings\`. Lists come in pages: follow \`next\` until it is null. Errors are \`{"detail": …}\`, or messages by field,
each with \`code\` and \`hint\` where there is something to do. Answers to GET have an \`ETag\`: sent back in
\`If-None-Match\`, it is answered with 304 while nothing has changed. \`x-request-id\` of every answer is what the log
of the server knows the request by (yours, when the request had one of up to 64 letters, digits, \`.\`, \`_\` and \`-\`),
and \`quarry-version\` is the version of the server: a path that it does not have is answered with the code
\`unknown_path\`. Every path also works without its version
(\`/api/jobs/\`), meaning v2.`;

/** Builds the document of one version of the API: every endpoint, validated by the test beside this file. */
export function buildOpenApi(options: OpenApiOptions): OpenApiDocument {
  const schemas = collectSchemas(options.descriptions);
  const paths: OpenApiDocument['paths'] = {};
  for (const [name, definition] of Object.entries<EndpointDefinition>(endpointsByName)) {
    if (definition.versions && !definition.versions.includes(options.version)) {
      continue;
    }
    const path = openApiPath(definition, options.version);
    paths[path] ??= {};
    paths[path][definition.method.toLowerCase()] = operation(name, definition, options.version, schemas);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: `Quarry API ${options.version}`,
      version: options.release ?? options.version,
      description: DESCRIPTION,
      contact: { name: 'Whoever runs this server' },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.serverUrl ?? '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: '`Token <key>`; the word may be in any case.',
        },
        agent: { type: 'http', scheme: 'bearer', description: "The token of a cluster's agent." },
      },
      responses: ERROR_RESPONSES,
      schemas: { ...schemas.components, Error: ERROR_SCHEMA },
    },
  };
}

/** The path under a version in OpenAPI's spelling; `*` becomes `{path}`. */
function openApiPath(definition: EndpointDefinition, version: ApiVersion): string {
  return definition.path
    .replace('/api/v2/', `/api/${version}/`)
    .replace(/:(\w+)/g, '{$1}')
    .replace('*', '{path}');
}

function operation(
  name: string,
  definition: EndpointDefinition,
  version: ApiVersion,
  schemas: SchemaCollector,
): OpenApiOperation {
  const parameters = [
    ...parametersIn('path', definition.params, `${name}.params`, schemas),
    ...parametersIn('query', definition.query, `${name}.query`, schemas),
    ...parametersIn('header', definition.headers, `${name}.headers`, schemas),
    ...(definition.idempotent ? IDEMPOTENCY_PARAMETERS : []),
  ];
  const requestBody = requestBodyOf(name, definition, version, schemas);
  return {
    operationId: name,
    tags: [definition.tag],
    summary: definition.summary,
    ...(definition.description ? { description: definition.description } : {}),
    ...(definition.access === 'public' ? { security: [] } : {}),
    ...(definition.access === 'agent' ? { security: [{ agent: [] }] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody ? { requestBody } : {}),
    responses: responsesOf(name, definition, version, schemas),
    'x-access': definition.access,
    ...(definition.extension ? { 'x-extension': true } : {}),
  };
}

type ParameterPlace = 'path' | 'query' | 'header';

function parametersIn(
  place: ParameterPlace,
  definition: z.ZodType | undefined,
  schemaName: string,
  schemas: SchemaCollector,
): JsonSchema[] {
  const { properties, required } = objectSchema(definition, schemaName, schemas);
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name: name === '*' ? 'path' : name,
    in: place,
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema,
  }));
}

function objectSchema(definition: z.ZodType | undefined, name: string, schemas: SchemaCollector) {
  const schema = definition === undefined ? {} : schemas.convert(definition, 'input', name);
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return { properties, required };
}

function requestBodyOf(
  name: string,
  definition: EndpointDefinition,
  version: ApiVersion,
  schemas: SchemaCollector,
): JsonSchema | undefined {
  const { request: example } = exampleOf(name, version);
  const shown = example === undefined ? {} : { example };
  const { body, form, bodyKind = 'json', bodyMediaType = 'application/octet-stream' } = definition;
  switch (bodyKind) {
    case 'multipart':
      return {
        required: true,
        content: {
          'multipart/form-data': { schema: schemas.convert(form!, 'input', `${name}.form`), ...shown },
        },
      };
    case 'bytes':
      return { required: false, content: { [bodyMediaType]: { schema: BYTES_SCHEMA } } };
    case 'ignored':
      return undefined;
    default:
      if (body === undefined) {
        return undefined;
      }
      return {
        required: !body.safeParse(undefined).success,
        content: { 'application/json': { schema: schemas.convert(body, 'input', `${name}.body`), ...shown } },
      };
  }
}

function responsesOf(
  name: string,
  definition: EndpointDefinition,
  version: ApiVersion,
  schemas: SchemaCollector,
): Record<string, unknown> {
  const bytes = Object.fromEntries(mediaTypesOf(definition).map((type) => [type, mediaOf(type)]));
  const content = { ...jsonAnswerOf(name, definition, version, schemas), ...bytes };
  const { response: example } = exampleOf(name, version);
  const [firstContent] = Object.values(content);
  if (example !== undefined && firstContent !== undefined) {
    firstContent.example = example;
  }
  const headers = {
    ...headersOf(definition.responseHeaders, `${name}.responseHeaders`, schemas),
    ...(definition.idempotent ? IDEMPOTENCY_HEADERS : {}),
  };
  const isEmpty = Object.keys(content).length === 0;
  const success = {
    description: isEmpty ? 'Done; the body is empty.' : `${definition.summary}.`,
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
    ...(isEmpty ? {} : { content }),
  };
  const { properties: requestHeaders } = objectSchema(definition.headers, `${name}.headers`, schemas);
  return {
    [definition.status]: success,
    ...(definition.acceptsRanges
      ? {
          '206': {
            description: 'The range that was asked for; a last byte past the end is cut to the end.',
            headers: { ...headers, ...RANGE_HEADERS },
            content: bytes,
          },
        }
      : {}),
    ...('If-None-Match' in requestHeaders ? { '304': { description: 'You have these bytes already.' } } : {}),
    ...Object.fromEntries(errorsOf(definition).map((error) => [ERROR_STATUS[error], reference(error)])),
  };
}

function jsonAnswerOf(
  name: string,
  definition: EndpointDefinition,
  version: ApiVersion,
  schemas: SchemaCollector,
): Record<string, JsonSchema> {
  const schema = responseSchema(definition, version);
  if (schema === undefined) {
    return {};
  }
  const part = schema === definition.responseV3 ? 'responseV3' : 'response';
  return { 'application/json': { schema: schemas.convert(schema, 'output', `${name}.${part}`) } };
}

function mediaTypesOf({ responseKind, mediaTypes }: EndpointDefinition): readonly string[] {
  return responseKind === 'bytes' ? (mediaTypes ?? ['application/octet-stream']) : [];
}

function mediaOf(type: string): JsonSchema {
  return { schema: type.startsWith('text/') ? { type: 'string' } : BYTES_SCHEMA };
}

function headersOf(
  definition: z.ZodType | undefined,
  name: string,
  schemas: SchemaCollector,
): Record<string, JsonSchema> {
  const { properties } = objectSchema(definition, name, schemas);
  return Object.fromEntries(
    Object.entries(properties).map(([header, { description, ...schema }]) => [
      header,
      { ...(description ? { description } : {}), schema },
    ]),
  );
}

function errorsOf(definition: EndpointDefinition): ErrorName[] {
  const { access, method, body, params, query, bodyKind } = definition;
  const isUpload = bodyKind === 'multipart';
  const writes = method !== 'GET' && method !== 'DELETE';
  const names = new Set<ErrorName>([
    ...((body ?? query ?? bodyKind) ? (['BadRequest'] as const) : []),
    ...(access === 'public' ? [] : (['Unauthorized'] as const)),
    ...(access === 'public' || access === 'user' ? [] : (['Forbidden'] as const)),
    ...(params || query ? (['NotFound'] as const) : []),
    ...(definition.idempotent ? (['Conflict', 'KeyReused'] as const) : []),
    ...(isUpload || body ? (['PayloadTooLarge', 'UnsupportedMediaType'] as const) : []),
    ...(definition.acceptsRanges ? (['RangeNotSatisfiable'] as const) : []),
    ...(writes ? (['InsufficientStorage'] as const) : []),
    ...(definition.refusals ?? []),
    'TooManyRequests',
  ]);
  return ERROR_NAMES.filter((name) => names.has(name));
}

function reference(name: ErrorName): JsonSchema {
  return { $ref: `#/components/responses/${name}` };
}
