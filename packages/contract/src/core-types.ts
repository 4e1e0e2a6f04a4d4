import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { wireBoolean, wireQuery, wireString } from './wire.ts';

const coreTypeFields = {
  /** What jobs name as `coreType`. */
  code: z.string(),
  /** The name for people. */
  name: z.string(),
  /** Accepted values of `coresPerSlot`, ascending. */
  cores: z.array(z.int().positive()),
  /** Groups to choose from, such as `general` or `gpu`. */
  categoryCodes: z.array(z.string()),
  /** The processor, in the words of its maker. */
  processorInfo: z.string(),
  /** Memory in MB per core. */
  memory: z.int().nonnegative(),
  /** Disk space in GB per core. */
  storage: z.int().nonnegative(),
  /** How fast the storage is, in words. */
  storageIo: z.string(),
  /** How fast the network is, in words. */
  io: z.string(),
  /** How fast the processor is, in words. */
  compute: z.string(),
  /** Whether jobs work on solid state disks. */
  hasSsd: z.boolean(),
  /** Whether the type is shown first. */
  isPrimary: z.boolean(),
  /** Whether the type is kept for old jobs only; new jobs that name it are refused. */
  isDeprecated: z.boolean(),
  /** Whether desktops may run on it. */
  remoteVizAllowed: z.boolean(),
  /** Whether new jobs may use it now. */
  isActive: z.boolean(),
  /** Place in lists; lower comes first. */
  displayOrder: z.int(),
  /** GPUs of a slot for each size in `cores`, in the same order; 0 without. */
  gpuCounts: z.array(z.number().nonnegative()),
  /** What the type is good for, in a sentence. */
  description: z.string(),
  /** Special abilities, in words. */
  features: z.array(z.string()),
  /** Whether users have to ask the site for it first. */
  mustBeRequested: z.boolean(),
  /** Whether SSH to its nodes takes temporary credentials; always false here. */
  requiresTempSshAuth: z.boolean(),
  /** Why `isActive` is false, in words; null when it is true. Not part of the original API. */
  unavailableReason: z.string().nullable().optional(),
  /**
   * The most cores that slots of one size could have now; 0 when `isActive` is false. Types of one host share what is free, and
   * jobs that wait may come first. Not part of the original API.
   */
  freeCores: z.int().nonnegative().optional(),
};

/** A kind of hardware as v3 shows it: without prices. */
export const coreTypeV3 = z.strictObject(coreTypeFields).meta({ id: 'CoreTypeV3' });
export type CoreTypeV3 = z.output<typeof coreTypeV3>;

/** A kind of hardware that jobs can run on. */
export const coreType = z
  .strictObject({
    ...coreTypeFields,
    /** Price of a core for an hour, at normal priority. */
    price: z.number().nonnegative(),
    /** Price of a core for an hour at low priority, as a decimal number. */
    lowPriorityPrice: z.string(),
    /** Whether jobs must name a walltime. */
    walltimeRequired: z.boolean(),
  })
  .meta({ id: 'CoreType' });
export type CoreType = z.output<typeof coreType>;

export const listCoreTypes = endpoint({
  method: 'GET',
  path: '/api/v2/coretypes/',
  versions: ['v2', 'v3'],
  summary: 'Kinds of cores that jobs can run on',
  description:
    'What the site offers, in its own order. A type that cannot be used now is listed too, with `isActive` false and the reason in `unavailableReason`.',
  tag: 'Core types',
  access: 'user',
  query: wireQuery(
    {
      ...pageFields,
      /** True: only types that jobs may use now; false: only the others. */
      isActive: wireBoolean().optional(),
      /** Part of the code or name, in upper or lower case. */
      search: wireString().optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(coreType),
  responseV3: page(coreTypeV3),
});
