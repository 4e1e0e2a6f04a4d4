import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { MAX_SSH_KEY_LENGTH, MAX_SSH_KEYS, MAX_WALLTIME_HOURS } from './limits.ts';
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

/** What a user may do: `manager` also manages projects, `admin` also users and the server. */
export const role = z.enum(['member', 'manager', 'admin']).meta({ id: 'Role' });
export type Role = z.output<typeof role>;

/** What bytes lie in. */
export const storage = z
  .strictObject({
    /** Id of the storage. */
    id: z.string(),
    /** `LocalStorage` is the server's own disk; the others are object stores. */
    storageType: z.enum(['S3Storage', 'AzureStorage', 'LocalStorage']),
    /** How bytes are encrypted; `default` is the way of the storage itself. */
    encryptionType: z.string(),
    /** Where in the storage bytes are; what does not apply is null or absent. */
    connectionSettings: z.strictObject({
      /** Region of the object store. */
      region: z.string().nullable().optional(),
      /** The bucket or container. */
      container: z.string().nullable().optional(),
      /** Beginning of all paths in it. */
      pathBase: z.string().nullable().optional(),
      /** The same for the paths of `pathParts`. */
      pathPartsBase: z.string().nullable().optional(),
      /** Account of an Azure storage. */
      storageAccount: z.string().nullable().optional(),
      /** The same under its older name. */
      accountName: z.string().nullable().optional(),
    }),
  })
  .meta({ id: 'Storage' });
export type Storage = z.output<typeof storage>;

const projectName = z.strictObject({
  /** Id of the project. */
  id: z.string(),
  /** Name of the project. */
  name: z.string(),
});

/** An SSH key that lets its owner in. */
export const sshPublicKey = z
  .strictObject({
    /** SHA-256 of the key, as `ssh-keygen -l` shows it, to remove it by. */
    fingerprint: z.string(),
    /** The key, as a line of `authorized_keys`. */
    publicKey: z.string(),
    /** What stands behind the key in its line, mostly whose it is; may be empty. */
    comment: z.string(),
  })
  .meta({ id: 'SshPublicKey' });
export type SshPublicKey = z.output<typeof sshPublicKey>;

const userFields = {
  /** Id of the user. */
  id: z.string().min(1),
  /** E-mail address, by which people know each other here. */
  email: z.string(),
  /** Name to log in with; the e-mail address here. */
  username: z.string(),
  /** First and last name. */
  fullName: z.string(),
  /** Name up to the first blank. */
  firstName: z.string(),
  /** The rest of the name. */
  lastName: z.string(),
  /** The organisation that runs the platform. */
  company: z.strictObject({
    /** Code of the organisation. */
    code: z.string(),
    /** Name of the organisation. */
    name: z.string(),
    /** Its projects that the user's jobs may belong to. */
    projects: z.array(projectName),
  }),
  /** The workspace that the key belongs to. */
  workspace: z.strictObject({
    /** Id of the workspace. */
    id: z.string(),
    /** Name of the workspace. */
    name: z.string(),
  }),
  /** Longest walltime in hours that this user's jobs may ask for. */
  maxJobHours: z.int().positive(),
  /** Where clients put bytes by themselves; null here, where files are sent to the server. */
  defaultStorage: storage.nullable(),
  /** The first SSH key that the user's jobs let in; empty without one. */
  publicKey: z.string(),
  /** Networks that may reach the user's jobs by SSH where a job names none, separated by commas; empty for all. */
  cidrRule: z.string(),
  /** All SSH keys that the user's jobs let in. Not part of the original API. */
  sshPublicKeys: z.array(sshPublicKey).optional(),
  /** What the user may do on this server. Not part of the original API. */
  role: role.optional(),
  /** Whether they can sign in with a password. Not part of the original API. */
  hasPassword: z.boolean().optional(),
};

/** A user, as they see themselves. */
export const user = z.strictObject(userFields).meta({ id: 'User' });
export type User = z.output<typeof user>;

/** A user as administrators see them. */
export const managedUser = z
  .strictObject({
    ...userFields,
    /** What the user may do on this server. */
    role,
    /** False: locked out; their keys are refused. */
    isActive: z.boolean(),
    /** When the user was added. */
    dateJoined: wireTimestamp,
  })
  .meta({ id: 'ManagedUser' });
export type ManagedUser = z.output<typeof managedUser>;

export const getCurrentUser = endpoint({
  method: 'GET',
  path: '/api/v2/users/me/',
  versions: ['v2', 'v3'],
  summary: 'The user that the key belongs to',
  description:
    'The simplest call that needs a key, to try whether it is good: a bad one is answered with 401. The key of a job gives the owner of the job.',
  tag: 'Users',
  access: 'user',
  status: 200,
  response: user,
});

const sshKeyText = wireString({ max: MAX_SSH_KEY_LENGTH, blank: false });
const sshKeyTexts = z.array(sshKeyText).max(MAX_SSH_KEYS).optional();

/** What users may change of themselves; what is absent stays. */
export const ownUserUpdate = wireObject({
  /** First and last name, split at the first blank. */
  fullName: wireString({ max: 255 }).optional(),
  /** Networks that may reach your jobs by SSH where a job names none, such as `10.0.0.0/8`, separated by commas; empty for all. */
  cidrRule: wireString({ max: 1000 }).optional(),
  /** All SSH keys that your jobs are to let in, each as a line of `authorized_keys` without options. */
  sshPublicKeys: sshKeyTexts,
  /** SSH keys that they are to let in as well. */
  addSshPublicKeys: sshKeyTexts,
  /** Fingerprints of SSH keys that they are to let in no more. */
  removeSshPublicKeys: sshKeyTexts,
});
export type OwnUserUpdate = z.input<typeof ownUserUpdate>;

export const updateCurrentUser = endpoint({
  method: 'PATCH',
  path: '/api/v2/users/me/',
  versions: ['v2', 'v3'],
  summary: 'Change your name, your SSH keys and the networks that they may come from',
  description:
    'Counts for the next login, also to jobs that are running; whoever is logged in stays. A key that cannot be read is refused with 400. The key of a job changes nothing (403).',
  refusals: ['Forbidden'],
  tag: 'Users',
  access: 'user',
  extension: true,
  body: ownUserUpdate,
  status: 200,
  response: user,
});

export const listUsers = endpoint({
  method: 'GET',
  path: '/api/v2/users/',
  versions: ['v2', 'v3'],
  summary: 'All users of this server',
  description: 'In the order in which they were added, those that are locked out too.',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  query: wireQuery(
    {
      ...pageFields,
      /** Part of the e-mail address, in upper or lower case. */
      search: wireString().optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(managedUser),
});

/** What a new user needs. */
export const userCreation = wireObject({
  /** E-mail address; no other user may have it, in upper or lower case. */
  email: wireString({ max: 254, blank: false }),
  /** First and last name, split at the first blank. */
  fullName: wireString({ max: 255 }).default(''),
  /** What the user may do. */
  role: wireChoice(role.options).default('member'),
  /** Longest walltime in hours that their jobs may ask for; that of the site when absent. */
  maxJobHours: wireInteger({ min: 1, max: MAX_WALLTIME_HOURS }).optional(),
  /** False leaves them without a key until an administrator makes one. */
  createApiKey: wireBoolean().default(true),
});
export type UserCreation = z.input<typeof userCreation>;

/** A user who has just been added. */
export const createdUser = managedUser
  .extend({
    /** The user's first key in full, shown this once; null when none was asked for. */
    apiKey: z.string().nullable(),
  })
  .meta({ id: 'CreatedUser' });

export const createUser = endpoint({
  method: 'POST',
  path: '/api/v2/users/',
  versions: ['v2', 'v3'],
  summary: 'Add a user',
  description:
    'The answer has their first key, which is shown this once; further ones are made at `users/me/api-keys/`. An address that is taken is refused with 400.',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  body: userCreation,
  status: 201,
  response: createdUser,
});

/** What may change of a user; what is absent stays. */
export const userUpdate = wireObject({
  /** First and last name, split at the first blank. */
  fullName: wireString({ max: 255 }).optional(),
  /** What the user may do. */
  role: wireChoice(role.options).optional(),
  /** False locks the user out at once; true lets them in again. */
  isActive: wireBoolean().optional(),
  /** Longest walltime in hours that their jobs may ask for. */
  maxJobHours: wireInteger({ min: 1, max: MAX_WALLTIME_HOURS }).optional(),
});
export type UserUpdate = z.input<typeof userUpdate>;

export const updateUser = endpoint({
  method: 'PATCH',
  path: '/api/v2/users/:userId/',
  versions: ['v2', 'v3'],
  summary: 'Change a user, or lock one out with isActive false',
  description:
    'Counts at once, for requests that are on their way too. Administrators cannot lock themselves out or give up their own role: that is refused with 400.',
  tag: 'Administration',
  access: 'admin',
  extension: true,
  params: z.object({
    /** Id of the user. */
    userId: z.string(),
  }),
  body: userUpdate,
  status: 200,
  response: managedUser,
});

/** A key without its secret. */
export const apiKey = z
  .strictObject({
    /** Id of the key, to revoke it by. */
    id: z.string().min(1),
    /** What the key is for, in its owner's words. */
    name: z.string(),
    /** The first characters of the key, enough to recognise it by. */
    prefix: z.string(),
    /** When it was made. */
    dateCreated: wireTimestamp,
    /** When it stops working; null for never. */
    dateExpires: wireTimestamp.nullable(),
    /** When it was used last, to the minute or so; null for never. */
    dateLastUsed: wireTimestamp.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.output<typeof apiKey>;

export const listApiKeys = endpoint({
  method: 'GET',
  path: '/api/v2/users/me/api-keys/',
  versions: ['v2', 'v3'],
  summary: 'Your own keys, without their secrets',
  description:
    'Those that were not revoked, oldest first. Keys of jobs are not listed: they end with their job.',
  refusals: ['Forbidden'],
  tag: 'API keys',
  access: 'user',
  extension: true,
  query: wireQuery(pageFields, { aliases: pageAliases }),
  status: 200,
  response: page(apiKey),
});

/** What a new key needs. */
export const apiKeyCreation = wireObject({
  /** What the key is for, in your own words. */
  name: wireName(),
  /** When the key stops working; null or absent: never. */
  dateExpires: wireDate().nullable().optional(),
  /** An existing key of 40 lowercase hexadecimal digits, kept when a client moves here from elsewhere. */
  importedKey: z
    .string({ error: 'Not a valid string.' })
    .regex(/^[0-9a-f]{40}$/, { error: 'A key to import is 40 lowercase hexadecimal digits.' })
    .optional(),
  /** The user that the key is for, yourself when absent; others take an administrator. */
  userId: wireReference().optional(),
});
export type ApiKeyCreation = z.input<typeof apiKeyCreation>;

/** A key that has just been made. */
export const createdApiKey = apiKey
  .extend({
    /** The key in full, shown this once. */
    key: z.string(),
  })
  .meta({ id: 'CreatedApiKey' });

export const createApiKey = endpoint({
  method: 'POST',
  path: '/api/v2/users/me/api-keys/',
  versions: ['v2', 'v3'],
  summary: 'Make a key; the answer shows it this once',
  description:
    'Only a hash of it is kept. The key of a job makes none (403), and a user has a bounded number of keys (409, `too_many_keys`).',
  refusals: ['Forbidden', 'Conflict'],
  tag: 'API keys',
  access: 'user',
  extension: true,
  body: apiKeyCreation,
  status: 201,
  response: createdApiKey,
});

export const revokeApiKey = endpoint({
  method: 'DELETE',
  path: '/api/v2/users/me/api-keys/:keyId/',
  versions: ['v2', 'v3'],
  summary: 'End a key at once',
  description:
    'Requests that wait with this key end too. Administrators may revoke the keys of all users; one that is not yours is answered with 404.',
  refusals: ['Forbidden'],
  tag: 'API keys',
  access: 'user',
  extension: true,
  params: z.object({
    /** Id of the key, not the key itself. */
    keyId: z.string(),
  }),
  status: 204,
});
