/** How the platform is, for whoever keeps it. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { waiting } from './job-status.ts';
import { wireId, wireTimestamp } from './wire.ts';

/** Clusters, and jobs that wait, of which the state of the platform tells each; it counts the others. */
export const MAX_SYSTEM_ENTRIES = 100;

const shared = {
  versions: ['v2', 'v3'],
  tag: 'Administration',
  access: 'admin',
  extension: true,
} as const;

/** Something that is given out in whole pieces. */
const inUse = z.strictObject({
  /** How much there is. */
  total: z.int().nonnegative(),
  /** How much of it clusters have. */
  used: z.int().nonnegative(),
});

/** What jobs have of one core type. */
const coreTypeUse = z.strictObject({
  /** Code of the core type. */
  code: z.string(),
  /** Clusters of it. */
  clusters: z.int().nonnegative(),
  /** Cores that these have. */
  coresUsed: z.int().nonnegative(),
  /** GPUs that these have. */
  gpusUsed: z.int().nonnegative(),
});

/** A job, or a persistent cluster, that waits for what it needs. */
const queueEntry = z.strictObject({
  /** Id of the job; null of a persistent cluster that waits itself. */
  jobId: wireId.nullable(),
  /** Id of the persistent cluster that waits, or on which the job is to be executed; null without one. */
  clusterId: wireId.nullable(),
  /** Name of what waits. */
  name: z.string(),
  /** E-mail address of its owner. */
  owner: z.string(),
  /** Code of the core type. */
  coreType: z.string(),
  /** Cores that were asked for. */
  cores: z.int().positive(),
  /** When it was submitted. */
  dateSubmitted: wireTimestamp,
  /** Why it waits, and where in the line; null until the scheduler has looked. */
  waiting: waiting.nullable(),
});

/** A cluster that has been given what it needs. */
const clusterInUse = z.strictObject({
  /** Id of the cluster. */
  id: wireId,
  /** Id of the job that it is for; null of a persistent cluster. */
  jobId: wireId.nullable(),
  /** Name of the job, or of the persistent cluster. */
  name: z.string(),
  /** E-mail address of the owner. */
  owner: z.string(),
  /** Code of the core type. */
  coreType: z.string(),
  /** Cores that it has. */
  cores: z.int().positive(),
  /** Whether its agent lives, as far as the scheduler sees. */
  isAlive: z.boolean(),
  /** For how many seconds nothing was heard from its agent, since the start of this server at most; null of a persistent cluster, whose jobs have agents of their own. */
  silentSeconds: z.number().nonnegative().nullable(),
});

/** A task in the background, since the start of this server. */
const backgroundTask = z.strictObject({
  /** What it does, in a few words. */
  name: z.string(),
  /** How often it has run. */
  runs: z.int().nonnegative(),
  /** Runs that failed, in whole or in part. */
  failures: z.int().nonnegative(),
  /** The end of its last run; null before the first. */
  dateLastRun: wireTimestamp.nullable(),
  /** The end of the last run that failed in nothing; null before. */
  dateLastSuccess: wireTimestamp.nullable(),
  /** What was wrong with the last run; null when nothing was. */
  lastError: z.string().nullable(),
  /** What all runs have taken together, in seconds. */
  seconds: z.number().nonnegative(),
});

/** A mistake in a file of the catalogue. */
const catalogueProblem = z.strictObject({
  /** Path of the file. */
  file: z.string(),
  /** Number of the line, from 1. */
  line: z.int().positive(),
  /** What is wrong there, such as `coreType.cores`; empty for a whole file. */
  field: z.string(),
  /** What is wrong with it. */
  message: z.string(),
});

/** The catalogue of core types and software, and what is wrong with its files. */
export const catalogueState = z
  .strictObject({
    /** Where its files are. */
    directory: z.string(),
    /** When the files were read last, without mistakes or with them. */
    dateRead: wireTimestamp,
    /** Core types in use. */
    coreTypes: z.int().nonnegative(),
    /** Software in use. */
    analyses: z.int().nonnegative(),
    /** Mistakes in its files as they are now; while there are any, the catalogue of before stays in use. */
    problems: z.array(catalogueProblem),
  })
  .meta({ id: 'CatalogueState' });
export type CatalogueState = z.output<typeof catalogueState>;

/** What the doctor found out of one thing. */
const doctorCheck = z.strictObject({
  /** What was looked at, in a few words. */
  name: z.string(),
  /** `ok`, `warning` or `error`. */
  status: z.enum(['ok', 'warning', 'error']),
  /** What was found. */
  message: z.string(),
  /** What to do about it; null where nothing is to be done. */
  hint: z.string().nullable(),
  /** Each of what is wrong, where it is many. */
  items: z.array(z.string()),
});

/** A look of the doctor into the data directory. */
export const doctorRun = z
  .strictObject({
    /** `running`, `done`, or `failed` when it could not look to the end. */
    state: z.enum(['running', 'done', 'failed']),
    /** When it began. */
    dateStarted: wireTimestamp,
    /** When it ended; null while it looks. */
    dateEnded: wireTimestamp.nullable(),
    /** What it found; empty while it looks. */
    checks: z.array(doctorCheck),
    /** Why it could not look to the end, in words; null otherwise. */
    failure: z.string().nullable(),
  })
  .meta({ id: 'DoctorRun' });
export type DoctorRun = z.output<typeof doctorRun>;

/** A setting of the server, as it is in effect. */
const settingInEffect = z.strictObject({
  /** Its key in `quarry.toml`; where it has none, its option on the command line. */
  name: z.string(),
  /** Its value; null of a secret, and where the host decides, which `meaning` tells. */
  value: z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]).nullable(),
  /** Where it comes from: the command line, a variable of the environment, the file, or nobody has set it. */
  source: z.enum(['option', 'variable', 'file', 'default']),
  /** Whether its value is shown to nobody. */
  isSecret: z.boolean(),
  /** What it is for; Markdown. */
  meaning: z.string(),
});

/** How the platform is. */
export const systemState = z
  .strictObject({
    /** When it was looked up. */
    date: wireTimestamp,
    /** When this server was started. */
    dateStarted: wireTimestamp,
    /** For how long it has been running, in seconds. */
    uptimeSeconds: z.number().nonnegative(),
    /** What it is made of. */
    versions: z.strictObject({
      /** Release of Quarry. */
      quarry: z.string(),
      /** Release of Node. */
      node: z.string(),
      /** Release of SQLite. */
      sqlite: z.string(),
      /** The operating system, with its release. */
      system: z.string(),
    }),
    /** Name of the host that it is on. */
    hostname: z.string(),
    /** Cores that clusters may have together. */
    cores: inUse,
    /** GPUs that clusters may have together. */
    gpus: inUse,
    /** How much of that is of which core type; those that no cluster is of are left out. */
    coreTypes: z.array(coreTypeUse),
    /** Jobs and persistent clusters that wait. */
    queue: z.strictObject({
      /** How many. */
      count: z.int().nonnegative(),
      /** The first 100 of them, in order of submission. */
      entries: z.array(queueEntry),
    }),
    /** Clusters that have been given cores; not the shares that jobs have in persistent ones. */
    clusters: z.strictObject({
      /** How many. */
      count: z.int().nonnegative(),
      /** Of how many agents nothing has been heard for two minutes. */
      silentAgents: z.int().nonnegative(),
      /** The first 100 of them. */
      entries: z.array(clusterInUse),
    }),
    /** The disk with the data directory. */
    disk: z.strictObject({
      /** The data directory. */
      directory: z.string(),
      /** Size of its file system, in bytes; null where it does not tell. */
      totalBytes: z.int().nonnegative().nullable(),
      /** Space that is free, in bytes; null where the store does not know. */
      freeBytes: z.int().nonnegative().nullable(),
      /** Below so many free bytes something should be done. */
      lowBytes: z.int().nonnegative(),
      /** Bytes that are set aside so that ends of jobs, and deletions, can be written down on a full disk. */
      reserveBytes: z.int().nonnegative(),
      /** Contents of files, each counted once; null until they were counted. */
      storedBytes: z.int().nonnegative().nullable(),
    }),
    /** The database. */
    database: z.strictObject({
      /** Size of its file, in bytes. */
      bytes: z.int().nonnegative(),
      /** Size of what is to be taken over into that, in bytes. */
      walBytes: z.int().nonnegative(),
      /** When it was looked whether it is sound; null before. */
      dateChecked: wireTimestamp.nullable(),
      /** What is wrong with it; null when it could not be found out. */
      problems: z.array(z.string()).nullable(),
    }),
    /** Files, uploads that are under way, and tasks of users that have not ended. */
    counts: z.strictObject({
      /** Files. */
      files: z.int().nonnegative(),
      /** Uploads that have not become files. */
      uploadsOpen: z.int().nonnegative(),
      /** Tasks of users that have not ended, such as archives. */
      userTasks: z.int().nonnegative(),
      /** Runs that no agent has got yet. */
      runsPlanned: z.int().nonnegative(),
    }),
    /** Tasks in the background. */
    tasks: z.array(backgroundTask),
    /** The catalogue. */
    catalogue: catalogueState,
    /** The last look of the doctor that was asked for here; null when nobody has. */
    doctor: doctorRun.nullable(),
    /** Settings in effect, without secrets. */
    settings: z.array(settingInEffect),
  })
  .meta({ id: 'SystemState' });
export type SystemState = z.output<typeof systemState>;

export const getSystem = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/system/',
  summary: 'How the platform is: cores, queue, agents, disk, database, tasks, catalogue, settings',
  description:
    'What is counted in the database holds for some seconds, so that asking often costs nothing. Secrets are never in it.',
  status: 200,
  response: systemState,
});

export const runDoctor = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/system/doctor/',
  summary: 'Let the doctor look into the data directory',
  description:
    'It looks in a process of its own while the server goes on, at everything but the bytes of files, and only reads. The answer comes at once; what it finds is at `GET system/doctor/`. While it looks, asking again begins no other look.',
  status: 202,
  response: doctorRun,
});

export const getDoctorRun = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/system/doctor/',
  summary: 'What the doctor found when it was last asked to look',
  description: 'Kept over a restart of the server. Answered with 404 when nobody has asked yet.',
  refusals: ['NotFound'],
  status: 200,
  response: doctorRun,
});

export const rereadCatalogue = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/system/catalogue/',
  summary: 'Read the files of the catalogue again, now',
  description:
    'The server does so by itself when a file changes, where the file system tells. Mistakes are in `problems`, and then the catalogue of before stays in use.',
  status: 200,
  response: catalogueState,
});
