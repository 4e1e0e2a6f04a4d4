import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_WALLTIME_HOURS } from './limits.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import {
  wireBoolean,
  wireChoice,
  wireDate,
  wireInteger,
  wireName,
  wireObject,
  wireQuery,
  wireReference,
  wireString,
  wireTimestamp,
} from './wire.ts';

export const role = z.enum(['member', 'manager', 'admin']);
export type Role = z.output<typeof role>;

/** Where an object store keeps bytes; null for storage of the server's own. */
export const storage = z
  .strictObject({
    id: z.string(),
    storageType: z.enum(['S3Storage', 'AzureStorage', 'LocalStorage']),
    encryptionType: z.string(),
    connectionSettings: z.strictObject({
      region: z.string().nullable().optional(),
      container: z.string().nullable().optional(),
      pathBase: z.string().nullable().optional(),
      pathPartsBase: z.string().nullable().optional(),
      storageAccount: z.string().nullable().optional(),
      accountName: z.string().nullable().optional(),
    }),
  })
  .meta({ id: 'Storage' });
export type Storage = z.output<typeof storage>;

const projectName = z.strictObject({ id: z.string(), name: z.string() });

const userFields = {
  id: z.string().min(1),
  email: z.string(),
  username: z.string(),
  fullName: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  company: z.strictObject({ code: z.string(), name: z.string(), projects: z.array(projectName) }),
  workspace: z.strictObject({ id: z.string(), name: z.string() }),
  /** Longest walltime in hours that this user's jobs may ask for. */
  maxJobHours: z.int().positive(),
  defaultStorage: storage.nullable(),
  publicKey: z.string(),
  cidrRule: z.string(),
  /** Ours: what the user may do on this server. */
  role: role.optional(),
};

export const user = z.strictObject(userFields).meta({ id: 'User' });
export type User = z.output<typeof user>;

/** A user as administrators see them. */
export const managedUser = z
  .strictObject({ ...userFields, role, isActive: z.boolean(), dateJoined: wireTimestamp })
  .meta({ id: 'ManagedUser' });
export type ManagedUser = z.output<typeof managedUser>;

export const getCurrentUser = endpoint({
  method: 'GET',
  path: '/api/v2/users/me/',
  versions: ['v2', 'v3'],
  summary: 'The user that the key belongs to',
  tag: 'Users',
  access: 'user',
  status: 200,
  response: user,
});

export const listUsers = endpoint({
  method: 'GET',
  path: '/api/v2/users/',
  versions: ['v2', 'v3'],
  summary: 'All users of this server',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  query: wireQuery({ ...pageFields, search: wireString().optional() }, { aliases: pageAliases }),
  status: 200,
  response: page(managedUser),
});

/** What a new user needs; `createApiKey` false leaves them without a key until an administrator makes one. */
export const userCreation = wireObject({
  email: wireString({ max: 254, blank: false }),
  fullName: wireString({ max: 255 }).default(''),
  role: wireChoice(role.options).default('member'),
  maxJobHours: wireInteger({ min: 1, max: MAX_WALLTIME_HOURS }).optional(),
  createApiKey: wireBoolean().default(true),
});
export type UserCreation = z.input<typeof userCreation>;

export const createUser = endpoint({
  method: 'POST',
  path: '/api/v2/users/',
  versions: ['v2', 'v3'],
  summary: 'Add a user',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  body: userCreation,
  status: 201,
  /** `apiKey` is the user's first key in full, shown this once, or null when none was asked for. */
  response: managedUser.extend({ apiKey: z.string().nullable() }).meta({ id: 'CreatedUser' }),
});

export const userUpdate = wireObject({
  fullName: wireString({ max: 255 }).optional(),
  role: wireChoice(role.options).optional(),
  isActive: wireBoolean().optional(),
  maxJobHours: wireInteger({ min: 1, max: MAX_WALLTIME_HOURS }).optional(),
});
export type UserUpdate = z.input<typeof userUpdate>;

export const updateUser = endpoint({
  method: 'PATCH',
  path: '/api/v2/users/:userId/',
  versions: ['v2', 'v3'],
  summary: 'Change a user, or lock one out with isActive false',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  params: z.object({ userId: z.string() }),
  body: userUpdate,
  status: 200,
  response: managedUser,
});

/** A key without its secret. */
export const apiKey = z
  .strictObject({
    id: z.string().min(1),
    name: z.string(),
    /** The first characters, enough to recognise a key by. */
    prefix: z.string(),
    dateCreated: wireTimestamp,
    dateExpires: wireTimestamp.nullable(),
    dateLastUsed: wireTimestamp.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.output<typeof apiKey>;

export const listApiKeys = endpoint({
  method: 'GET',
  path: '/api/v2/users/me/api-keys/',
  versions: ['v2', 'v3'],
  summary: 'Your own keys, without their secrets',
  tag: 'API keys',
  access: 'user',
  extension: true,
  query: wireQuery(pageFields, { aliases: pageAliases }),
  status: 200,
  response: page(apiKey),
});

export const apiKeyCreation = wireObject({
  name: wireName(),
  /** When the key stops working; null or absent: never. */
  dateExpires: wireDate().nullable().optional(),
  /** An existing key of 40 lowercase hexadecimal digits, kept when a client moves here from elsewhere. */
  importedKey: z
    .string({ error: 'Not a valid string.' })
    .regex(/^[0-9a-f]{40}$/, { error: 'A key to import is 40 lowercase hexadecimal digits.' })
    .optional(),
  /** Administrators may make a key for another user. */
  userId: wireReference().optional(),
});
export type ApiKeyCreation = z.input<typeof apiKeyCreation>;

export const createApiKey = endpoint({
  method: 'POST',
  path: '/api/v2/users/me/api-keys/',
  versions: ['v2', 'v3'],
  summary: 'Make a key; the answer shows it this once',
  tag: 'API keys',
  access: 'user',
  extension: true,
  body: apiKeyCreation,
  status: 201,
  response: apiKey.extend({ key: z.string() }).meta({ id: 'CreatedApiKey' }),
});

export const revokeApiKey = endpoint({
  method: 'DELETE',
  path: '/api/v2/users/me/api-keys/:keyId/',
  versions: ['v2', 'v3'],
  summary: 'End a key at once',
  tag: 'API keys',
  access: 'user',
  extension: true,
  params: z.object({ keyId: z.string() }),
  status: 204,
});
