/** Outputs of runs on their way to the server, from an agent that shares no disk with it. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_DELIVERIES } from './limits.ts';
import { wireInteger } from './wire.ts';

const deliverable = z.object({
  /** SHA-512 of the bytes, in lowercase hexadecimal. */
  sha512: z.string().regex(/^[0-9a-f]{128}$/),
  /** How many they are. */
  sizeBytes: z.int().nonnegative(),
});
export type Deliverable = z.output<typeof deliverable>;

const delivery = z.strictObject({
  /** SHA-512 of the bytes. */
  sha512: z.string(),
  /** How many of them the server has for good: where the next ones begin. */
  receivedBytes: z.int().nonnegative(),
  /** Whether it has all of them, and they have this SHA-512. */
  isStored: z.boolean(),
});
export type Delivery = z.output<typeof delivery>;

const deliveries = z.strictObject({
  /** Of the files in question, in their order. */
  files: z.array(delivery),
});

const clusterParams = {
  /** Id of the cluster. */
  clusterId: z.string(),
};

const shared = {
  tag: 'Agent',
  access: 'agent',
  extension: true,
  params: z.object(clusterParams),
  status: 200,
} as const;

export const askDeliveries = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/agent/clusters/:clusterId/deliveries/',
  summary: 'How much of some outputs the server has',
  description:
    'Of what this cluster has delivered, and of files that belong to its job: those need not be sent. Of other files nothing is told, whoever knows their digest.',
  body: z.object({
    /** The files in question. */
    files: z.array(deliverable).min(1).max(MAX_DELIVERIES),
  }),
  refusals: ['BadRequest'],
  response: deliveries,
});

export const deliverMany = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/agent/clusters/:clusterId/deliveries/batch/',
  summary: 'Small outputs, many in one request',
  description:
    'The body is a line of JSON, a list of `{"sha512","sizeBytes"}`, and behind its line feed the bytes of these files one after another. A file whose bytes have another SHA-512 is not stored, and is sent again.',
  bodyKind: 'bytes',
  refusals: ['BadRequest', 'PayloadTooLarge'],
  response: deliveries,
});

export const deliverBytes = endpoint({
  ...shared,
  method: 'PATCH',
  path: '/api/agent/clusters/:clusterId/deliveries/:sha512/',
  summary: 'Bytes of an output, from an offset on',
  description:
    'Answered when they are safe on disk; what arrived of a broken request is kept. The offset is where the bytes end so far. When the last one has come the SHA-512 is compared: bytes that have another are discarded, and the file is sent again from its first byte.',
  params: z.object({
    ...clusterParams,
    /** SHA-512 of the whole file. */
    sha512: z.string().regex(/^[0-9a-f]{128}$/),
  }),
  query: z.object({
    /** Bytes of the whole file. */
    sizeBytes: wireInteger({ min: 0 }),
    /** Where these begin. */
    offset: wireInteger({ min: 0 }),
  }),
  bodyKind: 'bytes',
  refusals: ['BadRequest', 'Conflict'],
  response: delivery,
});
