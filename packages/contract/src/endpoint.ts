import type { z } from 'zod';
import type { ErrorName } from './openapi-parts.ts';

/** The API versions an endpoint is served under; `/api/…` without a version is always an alias of v2. */
export type ApiVersion = 'v2' | 'v3';

/** Who may call: a role implies those before it; `agent` is a cluster's own token and nothing else. */
export type Access = 'public' | 'user' | 'manager' | 'admin' | 'agent';

export interface EndpointDefinition {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The canonical path with `:name` parameters, such as `/api/v2/jobs/:jobId/submit/`. */
  readonly path: `/${string}`;
  /** Versions whose prefix replaces `/api/v2/`; absent for paths outside the versioned API. */
  readonly versions?: readonly ApiVersion[];
  /** One line. */
  readonly summary: string;
  /** What one line cannot say; Markdown. */
  readonly description?: string;
  readonly tag: string;
  readonly access: Access;
  /** True where a cluster's token may call too, for what its job needs. */
  readonly alsoAgents?: boolean;
  /** True where the original platform has no such endpoint; clients for any platform must not need it. */
  readonly extension?: boolean;
  /** True where the header `Idempotency-Key` makes a repeated request one. */
  readonly idempotent?: boolean;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Headers that count beside those that every request has; named for documents, read by the handler. */
  readonly headers?: z.ZodType;
  /** The parts of a `multipart` body; named for documents, read by the handler. */
  readonly form?: z.ZodType;
  /** `json` when absent. `multipart` and `bytes` bodies reach the handler as a stream. `ignored` bodies may be anything. */
  readonly bodyKind?: 'json' | 'multipart' | 'bytes' | 'ignored';
  /** What `bytes` are sent as; `application/octet-stream` when absent. */
  readonly bodyMediaType?: string;
  readonly status: number;
  /** What it may be refused with beside what follows from its body, parameters and access. */
  readonly refusals?: readonly ErrorName[];
  /** Absent for empty bodies. */
  readonly response?: z.ZodType;
  /** Where v3 answers another shape than v2. */
  readonly responseV3?: z.ZodType;
  /** `json` when absent. `bytes` are the handler's own to send; a `response` beside them is their JSON variant. */
  readonly responseKind?: 'json' | 'bytes';
  /** What `bytes` may come as beside JSON; `application/octet-stream` when absent, empty for none. */
  readonly mediaTypes?: readonly string[];
  /** Headers of the answer that clients read. */
  readonly responseHeaders?: z.ZodType;
  /** True where a ticket in the query, that a POST has made, may stand for a key once. */
  readonly acceptsTickets?: boolean;
  /** True where a part may be asked for by the header `Range`. */
  readonly acceptsRanges?: boolean;
}

/** Declares one endpoint; server routes, client methods and the OpenAPI document derive from it. */
export function endpoint<const Definition extends EndpointDefinition>(definition: Definition): Definition {
  return definition;
}

type Parsed<Schema, Otherwise> = Schema extends z.ZodType ? z.output<Schema> : Otherwise;
type Sent<Schema, Otherwise> = Schema extends z.ZodType ? z.input<Schema> : Otherwise;

/** What a handler receives. */
export type ParamsOf<E extends EndpointDefinition> = Parsed<E['params'], Record<string, never>>;
export type QueryOf<E extends EndpointDefinition> = Parsed<E['query'], Record<string, never>>;
export type BodyOf<E extends EndpointDefinition> = Parsed<E['body'], undefined>;
/** What a client sends and gets. */
export type ParamsFor<E extends EndpointDefinition> = Sent<E['params'], undefined>;
export type QueryFor<E extends EndpointDefinition> = Sent<E['query'], undefined>;
export type BodyFor<E extends EndpointDefinition> = Sent<E['body'], undefined>;
export type ResponseOf<E extends EndpointDefinition> = Parsed<E['response'], undefined>;
/** What a client of v3 gets. */
export type ResponseV3Of<E extends EndpointDefinition> = Parsed<
  E['responseV3'] extends z.ZodType ? E['responseV3'] : E['response'],
  undefined
>;

/** The schema of a version's answers, absent for empty bodies and plain bytes. */
export function responseSchema(definition: EndpointDefinition, version: ApiVersion): z.ZodType | undefined {
  return (version === 'v3' ? definition.responseV3 : undefined) ?? definition.response;
}
