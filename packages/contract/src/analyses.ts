import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { page, pageAliases, pageFields } from './pagination.ts';
import { wireQuery, wireString } from './wire.ts';

export const analysisVersion = z
  .strictObject({
    id: z.string(),
    /** For people; jobs name the `versionCode`. */
    version: z.string(),
    versionCode: z.string(),
    allowedCoreTypes: z.array(z.string()),
    /** Command templates with `<job>`, `<mpi-ranks>` and `<smp-ranks>`. */
    stdCommand: z.string().nullable(),
    mpiCommand: z.string().nullable(),
    smpCommand: z.string().nullable(),
    gpuCommand: z.string().nullable(),
    eula: z.string().nullable(),
    /** Ours: why the version cannot be used now, in words; null or absent when it can. */
    unavailableReason: z.string().nullable().optional(),
  })
  .meta({ id: 'AnalysisVersion' });
export type AnalysisVersion = z.output<typeof analysisVersion>;

const analysisFields = {
  code: z.string(),
  name: z.string(),
  /** Newest first. */
  versions: z.array(analysisVersion).min(1),
  category: z.string(),
  vendorName: z.string(),
  pricing: z.string(),
  thumbnail: z.string(),
  /** HTML. */
  description: z.string(),
  industries: z.array(z.strictObject({ name: z.string(), icon: z.string() })),
  hasRescaleLicense: z.boolean(),
  hasShortTermLicense: z.boolean(),
  /** `name` is the environment variable to give in `envVars`. */
  licenseSettings: z.array(
    z.strictObject({
      name: z.string(),
      label: z.string(),
      helpText: z.string(),
      isServer: z.boolean(),
      licenseType: z.string(),
    }),
  ),
  optimizerType: z.string().nullable(),
  resources: z.array(z.strictObject({ name: z.string(), url: z.string() })),
  displayOrder: z.int(),
};

export const analysisV3 = z.strictObject(analysisFields).meta({ id: 'AnalysisV3' });
export type AnalysisV3 = z.output<typeof analysisV3>;

export const analysis = z
  .strictObject({
    ...analysisFields,
    supportDesks: z.array(z.strictObject({ code: z.string(), displayName: z.string(), email: z.string() })),
  })
  .meta({ id: 'Analysis' });
export type Analysis = z.output<typeof analysis>;

export const listAnalyses = endpoint({
  method: 'GET',
  path: '/api/v2/analyses/',
  versions: ['v2', 'v3'],
  summary: 'Software that jobs can use',
  tag: 'Analyses',
  access: 'user',
  query: wireQuery({ ...pageFields, search: wireString().optional() }, { aliases: pageAliases }),
  status: 200,
  response: page(analysis),
  responseV3: page(analysisV3),
});

export const getAnalysis = endpoint({
  method: 'GET',
  path: '/api/v2/analyses/:code/',
  versions: ['v2', 'v3'],
  summary: 'One software with its versions',
  tag: 'Analyses',
  access: 'user',
  params: z.object({ code: z.string() }),
  status: 200,
  response: analysis,
  responseV3: analysisV3,
});
