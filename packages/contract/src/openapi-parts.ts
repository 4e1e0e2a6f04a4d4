/** What OpenAPI wants said that schemas do not say: refusals, uploads and ranges. */

import type { JsonSchema } from './json-schema.ts';
import { MAX_IDEMPOTENCY_KEY_LENGTH } from './limits.ts';

export type ErrorName = keyof typeof ERROR_STATUS;

export const ERROR_STATUS = {
  BadRequest: '400',
  Unauthorized: '401',
  Forbidden: '403',
  NotFound: '404',
  Conflict: '409',
  Gone: '410',
  PreconditionFailed: '412',
  PayloadTooLarge: '413',
  UnsupportedMediaType: '415',
  RangeNotSatisfiable: '416',
  KeyReused: '422',
  Locked: '423',
  TooManyRequests: '429',
  ServiceUnavailable: '503',
  InsufficientStorage: '507',
} as const;

const errorContent = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } };

export const ERROR_RESPONSES: Record<ErrorName, JsonSchema> = {
  BadRequest: {
    description: 'Something in the request cannot be used; the body names it.',
    content: errorContent,
  },
  Unauthorized: {
    description: 'No key, or one that is not valid.',
    headers: {
      'WWW-Authenticate': { schema: { type: 'string' }, description: 'How keys are sent: `Token`.' },
    },
    content: errorContent,
  },
  Forbidden: { description: 'The key is valid but its user may not do this.', content: errorContent },
  NotFound: {
    description: 'There is no such thing, or it belongs to somebody else, or the page is past the end.',
    content: errorContent,
  },
  Conflict: {
    description:
      'Something stands in the way now; the body names it. With an `Idempotency-Key`, that what the first request with it made has been deleted since.',
    content: errorContent,
  },
  Gone: {
    description: 'It was given up or its bytes are lost: begin anew.',
    content: errorContent,
  },
  PreconditionFailed: {
    description: 'What a header such as `If-Match` or `Tus-Resumable` demands is not so.',
    content: errorContent,
  },
  PayloadTooLarge: { description: 'The body is larger than the server takes.', content: errorContent },
  UnsupportedMediaType: {
    description: 'The body is of another media type than is read here; the answer names the right one.',
    content: errorContent,
  },
  RangeNotSatisfiable: {
    description: 'The range starts past the end of the file.',
    headers: { 'Content-Range': { schema: { type: 'string' }, description: '`bytes */<size>`.' } },
    content: errorContent,
  },
  KeyReused: {
    description: 'The `Idempotency-Key` belongs to another request: other method, path, body or file.',
    content: errorContent,
  },
  Locked: {
    description: 'Another request is sending bytes to it and does not yield; try again later.',
    content: errorContent,
  },
  TooManyRequests: {
    description: 'Too many requests; try again later.',
    headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' } },
    content: errorContent,
  },
  ServiceUnavailable: {
    description: 'The server has too many files open; try again later.',
    headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds.' } },
    content: errorContent,
  },
  InsufficientStorage: { description: 'The disk of the server is full.', content: errorContent },
};

export const ERROR_SCHEMA: JsonSchema = {
  type: 'object',
  description:
    'Either `detail`, or a key per refused field: lists of messages, nested as the request is, lists by position with `{}` for valid items.',
  properties: {
    detail: { type: 'string', description: 'Why the request as a whole was refused, for people.' },
    non_field_errors: {
      type: 'array',
      items: { type: 'string' },
      description: 'What is wrong with fields together, for people.',
    },
    code: { type: 'string', description: 'Stable name of the reason, such as `core_type_unknown`.' },
    hint: { type: 'string', description: 'What to do about it.' },
    docs: { type: 'string', format: 'uri-reference', description: 'The page that explains it.' },
    requestId: {
      type: 'string',
      description:
        "What the server's log knows the request by, where the server is at fault (5xx); the header `x-request-id` of every answer has it as well.",
    },
  },
  additionalProperties: true,
  examples: [
    { detail: 'Not found.' },
    {
      name: ['This field is required.'],
      jobanalyses: [{}, { hardware: { coresPerSlot: ['A valid integer is required.'] } }],
    },
  ],
};

export const IDEMPOTENCY_PARAMETERS: JsonSchema[] = [
  {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: MAX_IDEMPOTENCY_KEY_LENGTH },
    description:
      'A text of your own, such as a UUID, that names this request. The same request with the same key again gets the first answer and makes nothing twice.',
  },
];

export const IDEMPOTENCY_HEADERS: JsonSchema = {
  'Idempotent-Replayed': {
    schema: { type: 'string', const: 'true' },
    description: 'There when the request was served before under its `Idempotency-Key`.',
  },
};

export const RANGE_HEADERS: JsonSchema = {
  'Content-Range': {
    schema: { type: 'string' },
    description: '`bytes <first>-<last>/<size>`: which bytes these are, and how many there are.',
  },
};
