import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { clusterStatusName, statusRowFields } from './job-status.ts';
import {
  MAX_INPUT_FILES,
  MAX_JOB_ANALYSES,
  MAX_RELATIVE_PATH_LENGTH,
  MAX_STORAGE_DEVICES,
} from './limits.ts';
import { page, pageAliases, pageFields, pageQuery } from './pagination.ts';
import {
  wireBoolean,
  wireChoice,
  wireFileName,
  wireId,
  wireInteger,
  wireListOrNull,
  wireName,
  wireNumber,
  wireObject,
  wireQuery,
  wireReference,
  wireReferenceOrNull,
  wireString,
  wireTimestamp,
} from './wire.ts';

const shared = { versions: ['v2', 'v3'], tag: 'Storage devices', access: 'user' } as const;

/** A place for files that several jobs have at the same time, and that outlives them. */
export const storageDevice = z
  .strictObject({
    /** Id of the device; jobs find it as `$HOME/storage_<id>` and `/storage_<id>`. */
    id: wireId,
    /** Name of the device; several may have the same. */
    name: z.string(),
    /** E-mail address of its owner. */
    owner: z.string(),
    /** Id of the project whose members use it, too; null when only its owner does. */
    projectId: wireId.nullable(),
    /** When it was added. */
    dateInserted: wireTimestamp,
    /** What it may hold, in GB of 1024 MB. */
    storageSize: z.number().positive(),
    /** What it may hold, in bytes. */
    sizeBytes: z.int().positive(),
    /** What it held on the disk when that was measured last, in bytes; null before. */
    usedBytes: z.int().nonnegative().nullable(),
    /** When that was. */
    dateMeasured: wireTimestamp.nullable(),
    /** Whether the file system itself refuses what would not fit into its size, instead of its jobs being stopped for it. */
    isHeld: z.boolean().optional(),
    /** `Started` when jobs can have it, and `Not Started` before it was submitted. */
    status: clusterStatusName,
    /** What was asked for; without effect here, where a device is a directory. */
    hardware: z.strictObject({
      /** Hours that it was asked for; a device stays here until it is deleted. */
      walltime: z.int().nullable(),
      /** Cores of the machine that would serve it. */
      coresPerSlot: z.int().nullable(),
      /** Core type of that machine. */
      coreType: z.string().nullable(),
    }),
    /** Percent of its size from which on it is said once that it becomes full; null for never. */
    firstAlert: z.int().nullable(),
    /** Percent from which on it is said once more. */
    secondAlert: z.int().nullable(),
    /** Whether it grows by itself when it is full. */
    autoextend: z.boolean(),
    /** By how much of its size, in percent. */
    autoextendPercent: z.int().nullable(),
    /** Whether its owner was to be told before its walltime is over; without effect here. */
    walltimeAlert: z.boolean(),
    /** How many hours before; without effect here. */
    walltimeAlertHours: z.int().nullable(),
    /** Always null here, where there is one place. */
    region: z.null(),
    /** Addresses of what belongs to it. */
    urls: z.strictObject({
      /** Its history. */
      statuses: z.url(),
    }),
    /** What was accepted without effect. */
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: 'StorageDevice' });
export type StorageDevice = z.output<typeof storageDevice>;

/** An entry in the history of a storage device. */
export const storageDeviceStatus = z
  .strictObject({
    ...statusRowFields,
    /** Id of the device. */
    storageDeviceId: wireId,
    /** What the device did from then on. */
    status: clusterStatusName,
    /** When. */
    statusDate: wireTimestamp,
  })
  .meta({ id: 'StorageDeviceStatus' });
export type StorageDeviceStatus = z.output<typeof storageDeviceStatus>;

const deviceReference = wireObject(
  {
    /** Id of the storage device. */
    id: wireReference(),
  },
  { ignored: ['name', 'storageSize'] },
);

const copied = {
  /** Path of the file on the device. */
  sourcePath: wireString({ max: MAX_RELATIVE_PATH_LENGTH, blank: false, trim: false }),
  /** Its name in the work directory; the last one of `sourcePath` when absent. */
  name: wireFileName().optional(),
  /** Whether an archive is unpacked beside it, which is done in the work directory itself only. */
  decompress: wireBoolean().default(true),
  /** Directory below the work directory that it is put into, which is made. */
  outputPath: wireString({ max: MAX_RELATIVE_PATH_LENGTH, trim: false }).default(''),
};

/** A file on a storage device that is copied into the work directory before the first command. */
export const storageInput = wireObject(copied).meta({ id: 'StorageInput' });
export type ParsedStorageInput = z.output<typeof storageInput>;

/** The storage devices that a job has. */
export const storageDeviceAttachments = wireListOrNull(
  wireObject(
    {
      /** Id of the storage device. */
      id: wireReference(),
      /** Files on it that are inputs of the job: each run gets copies. */
      inputFiles: wireListOrNull(storageInput, { max: MAX_INPUT_FILES }).default([]),
    },
    { ignored: ['name', 'storageSize'] },
  ),
  { max: MAX_STORAGE_DEVICES },
);

/** A storage device that a job was given. */
export const storageDeviceAttachment = z
  .strictObject({
    /** Id of the job. */
    jobId: wireId,
    /** The storage device, as it is now. */
    storageDevice,
    /** What is different from what may be expected. */
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: 'StorageDeviceAttachment' });
export type StorageDeviceAttachment = z.output<typeof storageDeviceAttachment>;

const percentOrNull = () => wireInteger({ min: 1, max: 100 }).nullable();

/** What a new storage device is to be. */
export const storageDeviceCreation = wireObject(
  {
    /** Name of the device. */
    name: wireName(),
    /** What it may hold, in GB of 1024 MB; this or `storageSizeMb` is needed. */
    storageSize: wireNumber().optional(),
    /** What it may hold, in MB. */
    storageSizeMb: wireNumber().optional(),
    /** Id of the project whose members use it, too; null or absent for its owner alone. Not part of the original API. */
    projectId: wireReferenceOrNull().optional(),
    /** The machine that would serve it; without effect here. */
    hardware: wireObject({
      /** Hours; without effect here, where a device stays until it is deleted. */
      walltime: wireInteger({ min: 1 }).nullable().optional(),
      /** Cores; without effect here. */
      coresPerSlot: wireInteger({ min: 1 }).nullable().optional(),
      /** Core type; without effect here. */
      coreType: z
        .preprocess(
          (value) => (typeof value === 'object' && value !== null && 'code' in value ? value.code : value),
          wireString({ max: 255 }),
        )
        .nullable()
        .optional(),
    }).optional(),
    /** Hours, where there is no `hardware`; without effect here. */
    walltime: wireInteger({ min: 1 }).nullable().optional(),
    /** Cores, where there is no `hardware`; without effect here. */
    coresPerSlot: wireInteger({ min: 1 }).nullable().optional(),
    /** Core type, where there is no `hardware`; without effect here. */
    coreType: wireString({ max: 255 }).nullable().optional(),
    /** Whether the machine may be a cheap one; without effect here. */
    runLowPriority: wireBoolean().optional(),
    /** Percent of its size from which on it is said once that it becomes full. */
    firstAlert: percentOrNull().optional(),
    /** Percent from which on it is said once more. */
    secondAlert: percentOrNull().optional(),
    /** Whether it grows by itself when it is full, as far as the site allows. */
    autoextend: wireBoolean().optional(),
    /** By how much of its size, in percent; 10 when absent. */
    autoextendPercent: percentOrNull().optional(),
    /** Whether its owner is to be told before its walltime is over; without effect here. */
    walltimeAlert: wireBoolean().optional(),
    /** How many hours before; without effect here. */
    walltimeAlertHours: wireInteger({ min: 0 }).nullable().optional(),
    /** Where it is to be; without effect here, where there is one place. */
    region: wireObject({
      /** Id of the region. */
      id: wireReferenceOrNull().optional(),
    })
      .nullable()
      .optional(),
  },
  {
    aliases: { storage_size_mb: 'storageSizeMb', low_priority: 'runLowPriority' },
    ignored: ['isLowPriority', 'billingPriorityValue'],
  },
).meta({ id: 'StorageDeviceCreation' });
export type StorageDeviceCreation = z.input<typeof storageDeviceCreation>;
export type ParsedStorageDeviceCreation = z.output<typeof storageDeviceCreation>;

/** What may change of a storage device; what is absent stays. */
export const storageDeviceUpdate = wireObject({
  /** Name of the device. */
  name: wireName().optional(),
  /** What it may hold, in GB of 1024 MB; refused when it holds more. */
  storageSize: wireNumber().optional(),
  /** The same in MB. */
  storageSizeMb: wireNumber().optional(),
  /** Percent of its size from which on it is said once that it becomes full; null for never. */
  firstAlert: percentOrNull().optional(),
  /** Percent from which on it is said once more; null for never. */
  secondAlert: percentOrNull().optional(),
  /** Whether it grows by itself when it is full. */
  autoextend: wireBoolean().optional(),
  /** By how much of its size, in percent. */
  autoextendPercent: percentOrNull().optional(),
}).meta({ id: 'StorageDeviceUpdate' });
export type StorageDeviceUpdate = z.input<typeof storageDeviceUpdate>;
export type ParsedStorageDeviceUpdate = z.output<typeof storageDeviceUpdate>;

const deviceParams = z.object({
  /** Id of the storage device. */
  deviceId: z.string(),
});

export const listStorageDevices = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/storage-devices/',
  summary: 'Storage devices that you may use, newest first',
  description:
    'Your own, and those of projects that you belong to; for administrators all. A device is a directory that jobs have as `$HOME/storage_<id>`.',
  query: wireQuery(
    {
      ...pageFields,
      /** Only devices that were submitted, or only those that were not. */
      active: wireBoolean().optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(storageDevice),
});

export const createStorageDevice = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/storage-devices/',
  summary: 'Add a storage device; jobs can have it once it is submitted',
  description:
    'Needs a name and a size, as `storageSize` in GB or as `storage_size_mb`. What means nothing here, such as the machine that would serve it, is accepted and named in `warnings`.',
  body: storageDeviceCreation,
  status: 201,
  response: storageDevice,
});

export const getStorageDevice = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/storage-devices/:deviceId/',
  summary: 'A storage device',
  description: 'One that you may not use is answered with 404.',
  params: deviceParams,
  status: 200,
  response: storageDevice,
});

export const updateStorageDevice = endpoint({
  ...shared,
  method: 'PATCH',
  path: '/api/v2/storage-devices/:deviceId/',
  summary: 'Rename a storage device, or change its size and alerts',
  description:
    'For its owner, managers of its project and administrators. A size below what the device holds is refused with 400; what it holds is measured for that.',
  extension: true,
  params: deviceParams,
  body: storageDeviceUpdate,
  status: 200,
  response: storageDevice,
});

export const deleteStorageDevice = endpoint({
  ...shared,
  method: 'DELETE',
  path: '/api/v2/storage-devices/:deviceId/',
  summary: 'Delete a storage device with all that lies on it',
  description:
    'For its owner, managers of its project and administrators. Refused with 400 while a job that is submitted and has not ended has it; the answer names these jobs. Jobs that are saved and have it cannot be submitted any more; a `Warning` header names them.',
  extension: true,
  params: deviceParams,
  status: 204,
});

export const submitStorageDevice = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/storage-devices/:deviceId/submit/',
  summary: 'Start a storage device',
  description:
    'It is usable, and its status `Started`, when this is answered. Submitting one that is started changes nothing.',
  bodyKind: 'ignored',
  params: deviceParams,
  status: 200,
});

export const listStorageDeviceStatuses = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/storage-devices/:deviceId/statuses/',
  summary: 'The history of a storage device, newest first',
  description: 'In the words that clusters have; `Started` means that jobs can have it.',
  params: deviceParams,
  query: pageQuery,
  status: 200,
  response: page(storageDeviceStatus),
});

export const attachStorageDevice = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/storage-devices/',
  summary: 'Give a saved job a storage device',
  description:
    'Its commands have it as `$HOME/storage_<id>` and `/storage_<id>`, at the same time as all other jobs that have it. Attaching it twice changes nothing. With `jobanalyses`, files on it are inputs of the job: each run gets copies (`input_file_type` `COPY`). The owner of the job must be one who may use the device. A job that was submitted takes no further ones and is answered with 400 (`job_started`).',
  params: z.object({
    /** Id of the job. */
    jobId: z.string(),
  }),
  body: wireObject({
    /** The storage device. */
    storageDevice: deviceReference,
    /** Files on it that are copied into the work directory before the first command. */
    jobanalyses: wireListOrNull(
      wireObject({
        /** Place of a tile in the job, from 0; all tiles share one work directory. */
        order: wireInteger({ min: 0 }).default(0),
        /** The files. */
        inputFiles: wireListOrNull(
          wireObject({
            /** `COPY`: from the device. */
            inputFileType: wireChoice(['COPY'], (text) => text.toUpperCase()).default('COPY'),
            ...copied,
          }),
          { max: MAX_INPUT_FILES },
        ).default([]),
      }),
      { max: MAX_JOB_ANALYSES },
    ).default([]),
  }),
  status: 201,
  refusals: ['Forbidden'],
  response: storageDeviceAttachment,
});
