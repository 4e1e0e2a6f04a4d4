import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { wireBoolean, wireQuery, wireString } from './wire.ts';

const coreTypeFields = {
  code: z.string(),
  name: z.string(),
  /** Accepted values of `coresPerSlot`; a job over several nodes asks for a multiple of the largest. */
  cores: z.array(z.int().positive()),
  categoryCodes: z.array(z.string()),
  processorInfo: z.string(),
  /** MB per core. */
  memory: z.int().nonnegative(),
  /** GB per core. */
  storage: z.int().nonnegative(),
  storageIo: z.string(),
  io: z.string(),
  compute: z.string(),
  hasSsd: z.boolean(),
  isPrimary: z.boolean(),
  isDeprecated: z.boolean(),
  remoteVizAllowed: z.boolean(),
  isActive: z.boolean(),
  displayOrder: z.int(),
  /** Beside `cores`, item by item. */
  gpuCounts: z.array(z.number().nonnegative()),
  description: z.string(),
  features: z.array(z.string()),
  mustBeRequested: z.boolean(),
  requiresTempSshAuth: z.boolean(),
  /** Ours: why `isActive` is false, in words. */
  unavailableReason: z.string().nullable().optional(),
};

export const coreTypeV3 = z.strictObject(coreTypeFields).meta({ id: 'CoreTypeV3' });
export type CoreTypeV3 = z.output<typeof coreTypeV3>;

export const coreType = z
  .strictObject({
    ...coreTypeFields,
    /** Per core and hour. */
    price: z.number().nonnegative(),
    lowPriorityPrice: z.string(),
    walltimeRequired: z.boolean(),
  })
  .meta({ id: 'CoreType' });
export type CoreType = z.output<typeof coreType>;

export const listCoreTypes = endpoint({
  method: 'GET',
  path: '/api/v2/coretypes/',
  versions: ['v2', 'v3'],
  summary: 'Kinds of cores that jobs can run on',
  tag: 'Core types',
  access: 'user',
  query: wireQuery(
    { ...pageFields, isActive: wireBoolean().optional(), search: wireString().optional() },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(coreType),
  responseV3: page(coreTypeV3),
});
