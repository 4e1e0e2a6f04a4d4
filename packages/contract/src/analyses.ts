import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { wireQuery, wireString } from './wire.ts';

/** One version of a software. */
export const analysisVersion = z
  .strictObject({
    /** Id of the version; the same as long as the codes stay the same. */
    id: z.string(),
    /** The version for people; jobs name the `versionCode`. */
    version: z.string(),
    /** What jobs name as `analysis.version`. */
    versionCode: z.string(),
    /** Codes of the core types that it may run on. */
    allowedCoreTypes: z.array(z.string()),
    /** Template of a command: `<job>` stands for the input, `<mpi-ranks>` and `<smp-ranks>` for counts. Null without one. */
    stdCommand: z.string().nullable(),
    /** The same for many processes; null without one. */
    mpiCommand: z.string().nullable(),
    /** The same for many threads; null without one. */
    smpCommand: z.string().nullable(),
    /** The same on GPUs; null without one. */
    gpuCommand: z.string().nullable(),
    /** Licence terms that users accept by using it; null without any. */
    eula: z.string().nullable(),
    /** Why the version cannot be used now, in words; null when it can. Not part of the original API. */
    unavailableReason: z.string().nullable().optional(),
  })
  .meta({ id: 'AnalysisVersion' });
export type AnalysisVersion = z.output<typeof analysisVersion>;

const analysisFields = {
  /** What jobs name as `analysis.code`. */
  code: z.string(),
  /** The name for people; no two are the same. */
  name: z.string(),
  /** Its versions, newest first: the first one is used by jobs that name none. */
  versions: z.array(analysisVersion).min(1),
  /** Group to choose from, such as `Fluid dynamics`. */
  category: z.string(),
  /** Who makes it. */
  vendorName: z.string(),
  /** What its licence costs, in words. */
  pricing: z.string(),
  /** Address of a picture; empty without one. */
  thumbnail: z.string(),
  /** A few sentences in HTML. */
  description: z.string(),
  /** Who uses it. */
  industries: z.array(
    z.strictObject({
      /** Name of the industry. */
      name: z.string(),
      /** Name of its icon. */
      icon: z.string(),
    }),
  ),
  /** Whether the site lends a licence. */
  hasRescaleLicense: z.boolean(),
  /** Whether licences are lent by the hour. */
  hasShortTermLicense: z.boolean(),
  /** What jobs must say about their licence, each by an environment variable. */
  licenseSettings: z.array(
    z.strictObject({
      /** The environment variable to give in `envVars`. */
      name: z.string(),
      /** What it is called for people. */
      label: z.string(),
      /** What to enter, such as `port@host`. */
      helpText: z.string(),
      /** Whether it names a licence server. */
      isServer: z.boolean(),
      /** Kind of the licence, in words. */
      licenseType: z.string(),
    }),
  ),
  /** Kind of the optimizer where the software steers other jobs; null otherwise. */
  optimizerType: z.string().nullable(),
  /** Further reading. */
  resources: z.array(
    z.strictObject({
      /** What the page is called. */
      name: z.string(),
      /** Its address. */
      url: z.string(),
    }),
  ),
  /** Place in lists; lower comes first. */
  displayOrder: z.int(),
};

/** A software as v3 shows it: without support desks. */
export const analysisV3 = z.strictObject(analysisFields).meta({ id: 'AnalysisV3' });
export type AnalysisV3 = z.output<typeof analysisV3>;

/** A software that jobs can use. */
export const analysis = z
  .strictObject({
    ...analysisFields,
    /** Where to ask about it. */
    supportDesks: z.array(
      z.strictObject({
        /** Code of the support desk. */
        code: z.string(),
        /** Its name for people. */
        displayName: z.string(),
        /** Its e-mail address. */
        email: z.string(),
      }),
    ),
  })
  .meta({ id: 'Analysis' });
export type Analysis = z.output<typeof analysis>;

export const listAnalyses = endpoint({
  method: 'GET',
  path: '/api/v2/analyses/',
  versions: ['v2', 'v3'],
  summary: 'Software that jobs can use',
  description:
    'What the site offers, and what was found on its host. Jobs name `code` and `versions[].versionCode`; a version that cannot be used now says why in `unavailableReason`.',
  tag: 'Analyses',
  access: 'user',
  query: wireQuery(
    {
      ...pageFields,
      /** Part of the code or name, in upper or lower case. */
      search: wireString().optional(),
    },
    { aliases: pageAliases },
  ),
  status: 200,
  response: page(analysis),
  responseV3: page(analysisV3),
});

export const getAnalysis = endpoint({
  method: 'GET',
  path: '/api/v2/analyses/:code/',
  versions: ['v2', 'v3'],
  summary: 'One software with its versions',
  description: 'The same as its item in the list. A code that is not offered is answered with 404.',
  tag: 'Analyses',
  access: 'user',
  params: z.object({
    /** Code of the software, such as `user_included`. */
    code: z.string(),
  }),
  status: 200,
  response: analysis,
  responseV3: analysisV3,
});
