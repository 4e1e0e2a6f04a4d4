/** What a catalogue file may say. Field descriptions are the documentation: a test holds the doc page to them. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import {
  MAX_CORES_PER_SIZE,
  MAX_NAME_CHARACTERS,
  MAX_PRICE_PER_CORE_HOUR,
  MAX_TEXT_CHARACTERS,
} from '../limits.ts';

const codePattern = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/;
const codeRule =
  'must be a code in quotes: letters, digits and . _ + - only, beginning with a letter or digit, at most 100';

const code = z.string(codeRule).regex(codePattern, codeRule);
const name = z
  .string('must be text in quotes')
  .regex(/\S/, 'must not be empty')
  .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters')
  .max(MAX_NAME_CHARACTERS, `must have at most ${MAX_NAME_CHARACTERS} characters`);
const text = z
  .string('must be text in quotes')
  .max(MAX_TEXT_CHARACTERS, `must have at most ${MAX_TEXT_CHARACTERS} characters`);
const boolean = z.boolean('must be true or false, without quotes');
const wholeNumber = z.int('must be a whole number').nonnegative('must not be negative');
const coresRule = `must be a positive integer, at most ${MAX_CORES_PER_SIZE}`;
const coreCount = z.int(coresRule).min(1, coresRule).max(MAX_CORES_PER_SIZE, coresRule);
const priceRule = `must be a number from 0 to ${MAX_PRICE_PER_CORE_HOUR}, without quotes`;
const amount = z.number(priceRule).min(0, priceRule).max(MAX_PRICE_PER_CORE_HOUR, priceRule);
const currencyRule = 'must be a currency of three capital letters, such as "USD"';
const currency = z.string(currencyRule).regex(/^[A-Z]{3}$/, currencyRule);
const gpuRule = 'must be a number of GPUs, 0 or more';
const pathRule = 'must be an absolute path in quotes, such as "/opt/openfoam/bin"';
const absolutePath = z
  .string(pathRule)
  .max(MAX_NAME_CHARACTERS * 8, pathRule)
  .refine((path) => isAbsolute(path) && !/[\0\n:]/.test(path), pathRule);
const moduleRule = 'must be the name of an environment module, such as "openfoam/2312"';
const moduleName = z.string(moduleRule).regex(/^[A-Za-z0-9][A-Za-z0-9._+/-]*$/, moduleRule);
const variableRule = 'must be text in quotes without control characters';
const variableNameRule = 'is no name for a variable: letters, digits and _ only, not beginning with a digit';

function listOf<Item extends z.ZodType>(item: Item, what: string): z.ZodArray<Item> {
  return z.array(item, `must be a list of ${what}`);
}

/** A table that knows its fields and refuses all others. */
function table<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, 'must be a table of fields');
}

export const coreTypeTable = table({
  code: code.describe('What jobs name as `coreType`.'),
  name: name.optional().describe('What people read. The code when absent.'),
  description: text.default('').describe('A sentence for the portal.'),
  cores: listOf(coreCount, 'core counts, such as [2, 4, 8]')
    .min(1, 'must name at least one core count')
    .describe('The sizes of a slot that jobs may ask for (`coresPerSlot`), ascending.'),
  gpuCounts: listOf(z.number(gpuRule).min(0, gpuRule), 'GPU counts, one for each of cores')
    .optional()
    .describe('GPUs of each size in `cores`, in the same order. No GPU when absent.'),
  categoryCodes: listOf(code, 'category codes, such as ["general"]')
    .min(1, 'must name at least one category')
    .default(['general'])
    .describe('Groups for choosing: `general`, `compute-optimized`, `high-memory`, `gpu` or your own.'),
  processorInfo: name.optional().describe('The processor. That of the server host when absent.'),
  memoryMbPerCore: wholeNumber
    .optional()
    .describe(
      'Memory for each core in MB: [what a run may have](operating.md#memory-of-runs) for each core of its slot; 0 promises nothing and limits nothing. The share of a core of the server host when absent.',
    ),
  storageGbPerCore: wholeNumber.default(10).describe('Disk space for each core in GB.'),
  storageIo: name.default('Standard').describe('The speed of storage, in words.'),
  io: name.default('Standard').describe('The speed of the network, in words.'),
  compute: name.default('Standard').describe('The speed of the processor, in words.'),
  hasSsd: boolean.default(true).describe('Whether jobs work on solid state disks.'),
  isPrimary: boolean.default(true).describe('Whether the portal shows the type first.'),
  isDeprecated: boolean.default(false).describe('`true`: kept for old jobs, refused for new ones.'),
  isActive: boolean.default(true).describe('`false`: listed as not available.'),
  unavailableReason: name
    .optional()
    .describe('Why `isActive` is `false`, told to whoever asks for the type.'),
  remoteVizAllowed: boolean.default(false).describe('Whether desktops may run on it.'),
  walltimeRequired: boolean.default(false).describe('Whether jobs must name a walltime.'),
  mustBeRequested: boolean.default(false).describe('Whether users have to ask for it first.'),
  displayOrder: wholeNumber.optional().describe('Place in lists. The order of the file when absent.'),
  features: listOf(name, 'names').default([]).describe('Special abilities, in words.'),
  price: amount
    .optional()
    .describe('Price of a core for an hour (plan `on-demand-priority`). 0 when absent.'),
  lowPriorityPrice: amount
    .optional()
    .describe('The same for low priority (plans `on-demand` and `reserved`). The `price` when absent.'),
  currency: currency.default('USD').describe('Currency of both prices.'),
});
export type CoreTypeTable = z.output<typeof coreTypeTable>;

const versionTable = table({
  code: code.describe('What jobs name as `version`, such as `v2312`.'),
  name: name.optional().describe('What people read. The code when absent.'),
  allowedCoreTypes: listOf(code, 'core type codes')
    .optional()
    .describe('Codes of the core types it may run on. All when absent.'),
  searchPath: listOf(absolutePath, 'absolute paths')
    .default([])
    .describe('Directories of its commands, put before the standard `PATH`.'),
  visiblePaths: listOf(absolutePath, 'absolute paths')
    .default([])
    .describe(
      'Files and directories that the sandbox shows to jobs, read-only: where it is installed. They have to exist where jobs run.',
    ),
  modules: listOf(moduleName, 'module names')
    .default([])
    .describe('Environment modules (`module load`) loaded before the command.'),
  environment: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, variableNameRule)
        .refine((variable) => variable !== 'PATH', 'cannot be set here: put directories into searchPath'),
      z.string(variableRule).regex(/^[^\0\n\r]*$/, variableRule),
      'must be a table of variables, such as { OMP_NUM_THREADS = "1" }',
    )
    .default({})
    .describe('Variables set for the command.'),
  stdCommand: text
    .default('<job>')
    .describe('Template of a command; `<job>` is the input, `<mpi-ranks>` and `<smp-ranks>` are counts.'),
  mpiCommand: text.default('').describe('The same for many processes.'),
  smpCommand: text.default('').describe('The same for many threads.'),
  gpuCommand: text.default('').describe('The same on GPUs.'),
  eula: text.optional().describe('Licence terms that users accept.'),
  unavailableReason: name
    .optional()
    .describe('Why the version cannot be used now, such as an expired licence: jobs are told.'),
});

const namedLink = table({
  name: name.describe('What people read.'),
  url: name.describe('Where it leads.'),
});

export const analysisTable = table({
  code: code.describe('What jobs name as `analysis`.'),
  name: name.describe('What people read; no two analyses have the same.'),
  category: name.default('Other').describe('Group for choosing, such as `Fluid dynamics`.'),
  description: text.default('').describe('A few sentences; simple HTML is allowed.'),
  vendorName: name.default('Open source').describe('Who makes it.'),
  website: name.optional().describe('Its home page.'),
  thumbnail: text.default('').describe('Address of a picture.'),
  pricing: text.default('').describe('What its licence costs, in words.'),
  displayOrder: wholeNumber.optional().describe('Place in lists. The order of the file when absent.'),
  industries: listOf(
    table({
      name: name.describe('What people read.'),
      icon: text.default('').describe('Address of a picture.'),
    }),
    'tables with name and icon',
  )
    .default([])
    .describe('Who uses it.'),
  supportDesks: listOf(
    table({
      code: code.describe('A short name for programs.'),
      displayName: name.describe('What people read.'),
      email: name.describe('Where to write.'),
    }),
    'tables with code, displayName and email',
  )
    .default([])
    .describe('Whom to ask.'),
  hasRescaleLicense: boolean.default(false).describe('Whether the site lends a licence.'),
  hasShortTermLicense: boolean.default(false).describe('Whether licences are lent by the hour.'),
  licenseSettings: listOf(
    table({
      name: name.describe('The environment variable that jobs pass in `envVars`.'),
      label: text.default('').describe('What people read.'),
      helpText: text.default('').describe('What to write there.'),
      isServer: boolean.default(true).describe('Whether it is the address of a licence server.'),
      licenseType: text.default('').describe('Kind of licence, in words.'),
    }),
    'tables with name, label, helpText, isServer and licenseType',
  )
    .default([])
    .describe('What jobs must say about their licence.'),
  optimizerType: name.optional().describe('Set for software that steers other jobs.'),
  resources: listOf(namedLink, 'tables with name and url').default([]).describe('Further reading.'),
  version: listOf(versionTable, 'version tables')
    .min(1, 'must have at least one version')
    .describe('Its versions, newest first: the first one is used when a job names none.'),
});
export type AnalysisTable = z.output<typeof analysisTable>;

export const priceTable = table({
  coreType: code.describe('Code of the core type.'),
  planType: code.describe(
    '`on-demand` is economy (low priority), `on-demand-priority` normal, `reserved` reserved.',
  ),
  os: code.default('linux').describe('Operating system.'),
  amount: amount.describe('Price of a core for an hour.'),
  currency: currency.default('USD').describe('Its currency.'),
  isActive: boolean.default(true).describe('`false`: shown, but not on offer.'),
});
export type PriceTable = z.output<typeof priceTable>;

const codesRule = 'must be a table of codes, such as { emerald = "basalt" }';
const otherCodes = z.record(code, code, codesRule).default({});

export const aliasesTable = table({
  publicNames: boolean
    .default(false)
    .describe(
      '`true`: core types and software may be called as on the public platform, and versions as in `anyVersion`. What stands here comes first.',
    ),
  coreTypes: otherCodes.describe('What else core types are called: the other code, and the code here.'),
  analyses: otherCodes.describe('The same of software.'),
  anyVersion: boolean
    .default(false)
    .describe('`true`: a version that is not offered counts as the newest one, which jobs are warned of.'),
});
export type AliasesTable = z.output<typeof aliasesTable>;

export const settingsTable = table({
  builtInAnalyses: boolean
    .default(true)
    .describe('`false`: list none of the built-in analyses (`user_included`, `miniconda`, …).'),
  hostSoftware: boolean.default(true).describe('`false`: list no software that was found on the host.'),
});
export type SettingsTable = z.output<typeof settingsTable>;

export const siteFile = table({
  catalog: settingsTable.optional().describe('What is listed besides this.'),
  aliases: aliasesTable.optional().describe('What else things are called in jobs.'),
  coreType: listOf(coreTypeTable, 'tables, each written as [[coreType]]').default([]),
  analysis: listOf(analysisTable, 'tables, each written as [[analysis]]').default([]),
  price: listOf(priceTable, 'tables, each written as [[price]]').default([]),
});
export type SiteFile = z.output<typeof siteFile>;
