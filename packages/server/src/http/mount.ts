import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import {
  type Access,
  type ApiVersion,
  AUTOMATIC_HEADER,
  type EndpointDefinition,
  findUnknownFields,
  toFieldErrors,
} from '@quarry/contract';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import type { z } from 'zod';
import type { Authenticator } from '../access/authenticate.ts';
import { mayCall } from '../access/caller.ts';
import { NO_CREDENTIALS, readCredentials } from '../access/credentials.ts';
import { LIMITS } from '../limits.ts';
import type { Logger } from '../logger.ts';
import { forbidden, invalidFields, notFound, type Problem, unauthenticated } from '../problems.ts';
import { VERSION } from '../version.ts';
import { requestBaseUrl } from './base-url.ts';
import { readJsonBody } from './body.ts';
import { answerBrokenRequest, answerConnect } from './broken-request.ts';
import { clientAddress } from './client-address.ts';
import { EventStream } from './event-stream.ts';
import { everyAnswer } from './every-answer.ts';
import { METHODS, meantMethod, problemOfHead, toOriginForm, toPlainPath } from './head.ts';
import { methodNotAllowed, unknownPath, urlTooLong } from './http-problems.ts';
import { identify, readIdempotencyKey } from './idempotency-key.ts';
import { type OwnSite, ownOriginOf, refuseForeign } from './own-site.ts';
import { ownTurn } from './own-turn.ts';
import { refuseCodedBytes } from './request-coding.ts';
import { requestIdOf } from './request-id.ts';
import type { RequestLog } from './request-log.ts';
import { Answer, type Call, type Route, type Told } from './route.ts';
import { sendError } from './send-error.ts';
import { ClientGoneError, sendPieces } from './send-pieces.ts';
import { sendText, sendTextStream, type TextSettings, varyOf } from './send-text.ts';
import { letGoOfUnreadBody } from './unread-body.ts';

export interface MountOptions {
  routes: readonly Route[];
  authenticator: Authenticator;
  logger: Logger;
  requests: RequestLog;
  /** The address that clients use when a proxy stands in front; null to take it from each request. */
  publicUrl: string | null;
  /** Whether X-Forwarded-* come from a proxy of ours. */
  trustProxy: boolean;
  /** Names of this host, by which sessions may be used; those that go without saying need not be there. */
  hostNames?: readonly string[];
  /** How long the headers of a request, and again its JSON body, may take to arrive. */
  requestSeconds?: number;
  /** A reader that takes nothing of its answer for so long loses the connection. */
  stalledReaderSeconds?: number;
  /** Whether texts are compressed for clients that ask for it. */
  compress?: boolean;
}

/** The contract checks what comes and goes; Fastify would load a validator and a serializer that nobody asks. */
const NO_SCHEMAS = {
  buildValidator: () => refuseSchema,
  buildSerializer: () => refuseSchema,
};
const CREDENTIALS_HINT =
  'Send the header "Authorization: Token <key>"; "quarry serve" prints a key, "quarry keys create" makes more.';

/** Makes the HTTP server of the platform out of its routes. Only this room knows Fastify. */
export function mount(options: MountOptions): FastifyInstance {
  const { requestSeconds = LIMITS.requestSeconds, stalledReaderSeconds = LIMITS.stalledReaderSeconds } =
    options;
  const complete = {
    ...options,
    requestSeconds,
    stalledReaderSeconds,
    compress: options.compress ?? true,
    hostNames: new Set(options.hostNames?.map((name) => name.toLowerCase())),
    vary: varyOf(options),
  };
  const app = fastify({
    routerOptions: { ignoreTrailingSlash: true, caseSensitive: true, maxParamLength: 4096 },
    // Bodies are read and bounded per endpoint, since an upload may take hours.
    bodyLimit: Number.MAX_SAFE_INTEGER,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    trustProxy: options.trustProxy,
    logger: false,
    genReqId: requestIdOf,
    schemaController: { compilersFactory: NO_SCHEMAS },
    http: {
      maxHeaderSize: LIMITS.headerBytes,
      headersTimeout: requestSeconds * 1000,
      connectionsCheckingInterval: Math.min(30_000, requestSeconds * 500),
      // Node would refuse a request without one, but in no words.
      requireHostHeader: false,
    },
    rewriteUrl: (raw) => {
      const url = toPlainPath(toOriginForm(raw.url ?? ''));
      raw.method = meantMethod(raw, url);
      return url;
    },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, options.logger),
    // These come before all hooks.
    frameworkErrors: (error, request, reply) => {
      options.requests.begin(request, reply);
      return sendError(error, request, reply, options.logger);
    },
  });
  app.decorateRequest('endpoint', null);
  app.decorateRequest('caller', null);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, options.logger));
  app.setNotFoundHandler(async (request) => {
    throw unknownPath(request.url.split('?')[0]!, VERSION);
  });
  // These run for every request: as callbacks, since a promise that has nothing to wait for costs more than they do.
  app.addHook('onRequest', (request, reply, done) => {
    const { url, raw, originalUrl } = request;
    const begin = () => {
      options.requests.begin(request, reply);
      reply.headers(everyAnswer(request));
      const problem = problemOfHead(raw, originalUrl);
      if (problem !== null) {
        return done(problem);
      }
      return url.length > LIMITS.urlBytes ? done(urlTooLong(LIMITS.urlBytes)) : done();
    };
    if (reply.raw.socket !== null) {
      return begin();
    }
    ownTurn(raw, reply.raw).then((isOurs) => (isOurs ? begin() : void reply.hijack()), done);
  });
  app.addHook('onSend', (_request, { raw }, payload, done) => {
    raw.socket?.setTimeout(stalledReaderSeconds * 1000);
    done(null, payload);
  });
  app.server.on('connect', (request, socket) => answerConnect(request, socket, options.logger));
  // An expectation that is not met is refused like everything else.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  const lingerSeconds = Math.min(LIMITS.lingerSeconds, requestSeconds);
  app.addHook('onResponse', ({ raw }, _reply, done) => {
    letGoOfUnreadBody(raw, lingerSeconds);
    done();
  });

  const methodsByPath = new Map<string, { endpoint: EndpointDefinition; methods: Set<string> }>();
  const optionsHeaders = new Map<string, Readonly<Record<string, string>>>();
  for (const route of options.routes) {
    for (const { path, version } of servedPaths(route)) {
      const known = methodsByPath.get(path) ?? { endpoint: route.endpoint, methods: new Set() };
      const { methods } = known;
      methods.add(route.endpoint.method);
      methodsByPath.set(path, known);
      if (route.endpoint.method === 'GET') {
        methods.add('HEAD');
      }
      if (route.optionsHeaders) {
        optionsHeaders.set(path, route.optionsHeaders);
      }
      app.route({
        method: route.endpoint.method,
        url: path,
        handler: (request, reply) => serve(route, version, request, reply, complete),
      });
    }
  }
  for (const [url, { endpoint, methods }] of methodsByPath) {
    const allowed = METHODS.filter((method) => methods.has(method) || method === 'OPTIONS');
    app.route({
      method: 'OPTIONS',
      url,
      handler: async (request, reply) => {
        request.endpoint = endpoint;
        return reply
          .code(204)
          .headers({ ...optionsHeaders.get(url), allow: allowed.join(', ') })
          .send();
      },
    });
    app.route({
      method: METHODS.filter((method) => !allowed.includes(method)),
      url,
      exposeHeadRoute: false,
      handler: async (request) => {
        request.endpoint = endpoint;
        throw methodNotAllowed(request.method, allowed);
      },
    });
  }
  return app;
}

function refuseSchema(): never {
  throw new Error('Routes have no schemas of Fastify: the contract is checked in serve().');
}

/** Every path an endpoint answers under: each of its versions, and the unversioned alias of v2. */
function servedPaths({ endpoint }: Route): Array<{ path: string; version: ApiVersion }> {
  const versions: readonly ApiVersion[] = endpoint.versions ?? [];
  if (versions.length === 0) {
    return [{ path: endpoint.path, version: 'v2' }];
  }
  const paths = versions.map((version) => ({
    path: endpoint.path.replace('/api/v2/', `/api/${version}/`),
    version,
  }));
  if (versions.includes('v2')) {
    paths.push({ path: endpoint.path.replace('/api/v2/', '/api/'), version: 'v2' });
  }
  return paths;
}

type CompleteOptions = Omit<MountOptions, 'hostNames'> &
  OwnSite &
  TextSettings & { requestSeconds: number; stalledReaderSeconds: number };

async function serve(
  route: Route,
  version: ApiVersion,
  request: FastifyRequest,
  reply: FastifyReply,
  options: CompleteOptions,
) {
  const { endpoint } = route;
  request.endpoint = endpoint;
  // What is public is so for everybody: a key that has ended must not keep its owner from it.
  const credentials = endpoint.access === 'public' ? NO_CREDENTIALS : readCredentials(request.headers);
  if (credentials.kind === 'session') {
    refuseForeign(request.raw, options);
  }
  // An agent takes a 401 for the end of its cluster, and must be told at once.
  const addressOf = endpoint.access === 'agent' ? undefined : () => clientAddress(request.raw, options);
  // What a page asks for by itself keeps no session alive that somebody has left.
  const isUse = request.headers[AUTOMATIC_HEADER] === undefined;
  const isOpened = route.accepts?.(request.headers.authorization) ?? false;
  const ofTicket =
    endpoint.acceptsTickets && credentials.kind === 'none'
      ? await options.authenticator.authenticateTicket(request.url, { use: request.method === 'GET' })
      : null;
  const caller =
    ofTicket ??
    (await options.authenticator.authenticate(isOpened ? NO_CREDENTIALS : credentials, { addressOf, isUse }));
  request.caller = caller;
  if (!isOpened && !mayCall(caller, endpoint.access, endpoint.alsoAgents)) {
    throw caller.kind === 'anonymous'
      ? unauthenticated('Authentication credentials were not provided.', CREDENTIALS_HINT)
      : refuseRole(endpoint.access);
  }

  const key = endpoint.idempotent ? readIdempotencyKey(request.headers) : null;
  const warnings: string[] = [];
  let isReplay = false;
  let stream: Readable | null = null;
  let signal: AbortSignal | null = null;
  const params = parse(endpoint.params, request.params, 'path');
  const query = parse(endpoint.query, request.query, 'query');
  const { sent, body } = await readBody(route, request, warnings, options.requestSeconds);
  const call: Call = {
    params: params as never,
    query: query as never,
    body: body as never,
    caller,
    method: request.method,
    version,
    baseUrl: options.publicUrl ?? requestBaseUrl(request.raw, { trustProxy: options.trustProxy }),
    url: request.url,
    headers: request.headers,
    get address() {
      return clientAddress(request.raw, options);
    },
    ownOrigin: () => ownOriginOf(request.raw, options),
    idempotency: key === null ? null : identify(key, endpoint, { params, query, sent }),
    // Made when first asked for: few endpoints need them, and together they cost as much as a query.
    get stream() {
      stream ??= bodyStream(request);
      return stream;
    },
    get signal() {
      signal ??= abortedWhenGone(reply);
      return signal;
    },
    authenticateAgain: () => options.authenticator.authenticate(credentials, { isUse: false }),
    warn: (text) => warnings.push(text),
    replayed: () => {
      isReplay = true;
    },
  };
  const result = await route.handle(call);
  if (isReplay) {
    reply.header('idempotent-replayed', 'true');
  }
  if (warnings.length > 0) {
    reply.header('warning', warningHeader(warnings));
  }
  if (result instanceof Answer) {
    return sendAnswer(result, request, reply, options);
  }
  reply.code(endpoint.status);
  if (result === undefined) {
    return reply.send();
  }
  reply.header('content-type', 'application/json; charset=utf-8');
  return sendText(request, reply, JSON.stringify(withWarnings(result, warnings)), options);
}

function sendAnswer(
  { status, headers, body, isText }: Answer,
  request: FastifyRequest,
  reply: FastifyReply,
  options: CompleteOptions,
) {
  reply.code(status).headers(headers);
  if (isText && typeof body === 'string') {
    return sendText(request, reply, body, options);
  }
  if (isText && body instanceof Readable) {
    return sendTextStream(request, reply, body, options);
  }
  if (body !== null && typeof body === 'object' && !(body instanceof Readable)) {
    reply.hijack();
    reply.raw.writeHead(status, reply.getHeaders() as OutgoingHttpHeaders);
    if ('tell' in body) {
      return sendTold(reply.raw, body, options.logger);
    }
    const stalledSeconds = options.stalledReaderSeconds;
    return sendPieces(reply.raw, body, { stalledSeconds }).catch((error) => {
      if (!(error instanceof ClientGoneError)) {
        options.logger.error({ err: error }, 'an answer broke off');
      }
    });
  }
  // An empty text, not null: that would become the JSON word, and break answers to HEAD.
  return reply.send(body ?? '');
}

async function sendTold(response: ServerResponse, told: Told, logger: Logger): Promise<void> {
  try {
    if (response.req.method === 'HEAD') {
      response.end();
    } else {
      using stream = new EventStream(response, told.options);
      await told.tell(stream);
    }
  } catch (error) {
    response.destroy();
    logger.error({ err: error }, 'an answer broke off');
  } finally {
    told.close();
  }
}

function bodyStream(request: FastifyRequest): Readable {
  return request.body instanceof Readable ? request.body : Readable.from([]);
}

/** Aborted when the client has gone before its answer was complete, or has gone already. */
function abortedWhenGone({ raw }: FastifyReply): AbortSignal {
  if (raw.destroyed && !raw.writableFinished) {
    return AbortSignal.abort();
  }
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) {
      gone.abort();
    }
  });
  return gone.signal;
}

/** The body as sent and parsed; fields that nothing here understands are accepted, as clients depend on it, and told. */
async function readBody(
  { endpoint }: Route,
  request: FastifyRequest,
  warnings: string[],
  seconds: number,
): Promise<{ sent?: unknown; body?: unknown }> {
  const { bodyKind = 'json' } = endpoint;
  if (bodyKind === 'bytes' || bodyKind === 'multipart') {
    refuseCodedBytes(request.headers);
  }
  if (!endpoint.body || bodyKind !== 'json') {
    return {};
  }
  const bytes = endpoint.access === 'agent' ? LIMITS.exchangeBodyBytes : LIMITS.bodyBytes;
  const stream = request.body instanceof Readable ? request.body : Readable.from([]);
  const sent = await readJsonBody(stream, request.headers, { bytes, seconds });
  const body = parse(endpoint.body, sent ?? {}, 'body');
  for (const field of findUnknownFields(endpoint.body, sent)) {
    warnings.push(`The field ${field} is unknown here and was ignored.`);
  }
  return { sent, body };
}

function parse(schema: z.ZodType | undefined, value: unknown, part: 'path' | 'query' | 'body'): unknown {
  if (!schema) {
    return value;
  }
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  if (part === 'path') {
    throw notFound();
  }
  throw invalidFields(toFieldErrors(result.error.issues));
}

/** Adds to a JSON object what was accepted without effect; other shapes carry it in the header alone. */
function withWarnings(result: unknown, warnings: string[]): unknown {
  if (warnings.length === 0 || typeof result !== 'object' || result === null || Array.isArray(result)) {
    return result;
  }
  return { ...result, warnings };
}

/** All warnings in one header, as far as they fit. Their texts name user data; a header holds visible ASCII only. */
function warningHeader(warnings: readonly string[]): string {
  let header = '';
  for (const text of warnings) {
    const plain = text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, "'");
    const value = `299 quarry "${plain.slice(0, 500)}"`;
    if (header.length + value.length + 2 > LIMITS.warningHeaderCharacters) {
      break;
    }
    header = header === '' ? value : `${header}, ${value}`;
  }
  return header;
}

function refuseRole(access: Access): Problem {
  return forbidden(
    'You do not have permission to perform this action.',
    access === 'agent'
      ? 'Only the agent of this cluster may call this.'
      : `This needs the role "${access}" and a key of your own, not a job's.`,
  );
}
