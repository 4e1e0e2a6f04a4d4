/** What turns a job into many runs, and what can be asked about them together. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { wireWords } from './errors.ts';
import { MAX_COLUMNS_LISTED, MAX_MONTE_CARLO_ITERATIONS, MAX_RUNS_LISTED } from './limits.ts';
import { beginsTask } from './tasks.ts';
import {
  documentedAs,
  wireBoolean,
  wireChoice,
  wireInteger,
  wireList,
  wireListOrNull,
  wireNumber,
  wireObject,
  wireQuery,
  wireReference,
  wireString,
  wireWordList,
} from './wire.ts';

export const VARIABLE_TYPES = ['Param', 'Design', 'Output', 'Case', 'Constraint', 'Objective'] as const;

/** Generators that the API has had from the beginning; `''` is a variable whose values come from a file. */
export const CLASSIC_GENERATORS = [
  '',
  'Normal',
  'Uniform',
  'Linspace',
  'FixedRange',
  'Triangular',
  'LogNormal',
] as const;
/** Ours. All variables of one of the joint designs (every one but `Values`) form one sample together. */
export const FURTHER_GENERATORS = [
  'Values',
  'LatinHypercube',
  'Sobol',
  'Halton',
  'FullFactorial',
  'FractionalFactorial',
  'CentralComposite',
  'Saltelli',
  'Morris',
] as const;
export const VALUE_GENERATOR_TYPES = [...CLASSIC_GENERATORS, ...FURTHER_GENERATORS] as const;
export type ValueGeneratorType = (typeof VALUE_GENERATOR_TYPES)[number];

/** Something that varies between runs, or that they print. */
export const jobVariableDefinition = wireObject(
  {
    /** What templates call it: a letter or underscore, then letters, digits and underscores. */
    name: wireString({ max: 255, blank: false }),
    /** `Param`, `Case` and `Design` are given to runs; `Output`, `Objective` and `Constraint` are printed by them. */
    variableType: wireChoice(VARIABLE_TYPES),
    /** Order in which values are listed; equal ones keep the order of the list. */
    displayOrder: wireInteger().default(0),
    /** What makes its values; empty where a file or the optimizer does. */
    valueGeneratorType: wireChoice(VALUE_GENERATOR_TYPES),
    /** What the generator is told, such as `minvalue` and `maxvalue`; `docs/sweeps.md` has them for each generator. */
    valueGeneratorSettings: z.record(z.string(), z.unknown(), { error: wireWords }),
  },
  { aliases: { variableGeneratorType: 'valueGeneratorType' }, ignored: ['id'] },
).meta({ id: 'JobVariableDefinition' });
export type JobVariableDefinition = z.input<typeof jobVariableDefinition>;
export type ParsedJobVariable = z.output<typeof jobVariableDefinition>;

export const OPTIMIZER_METHODS = ['direct', 'nelder-mead'] as const;

/** The original's schema is not public; this one is ours. */
const optimizerSchema = wireObject({
  /** How it searches: dividing rectangles, or the method of Nelder and Mead. */
  method: wireChoice(OPTIMIZER_METHODS, (text) => text.toLowerCase()).default('direct'),
  /** The output that is to become best. */
  objective: wireObject({
    /** Name of the output. */
    name: wireString({ max: 255, blank: false }),
    /** Whether small or large values are good. */
    goal: wireChoice(['minimize', 'maximize'], (text) => text.toLowerCase().replace(/ise$/, 'ize')).default(
      'minimize',
    ),
  }),
  /** Bounds on outputs; a run that breaks one is never optimal. */
  constraints: wireListOrNull(
    wireObject({
      /** Name of the output. */
      name: wireString({ max: 255, blank: false }),
      /** Smallest value that it may have; null for any. */
      min: wireNumber().nullable().default(null),
      /** Largest value that it may have; null for any. */
      max: wireNumber().nullable().default(null),
    }),
    { max: 100 },
  ).default([]),
  /** Iterations that may execute at most. */
  maxRuns: wireInteger({ min: 1, max: MAX_MONTE_CARLO_ITERATIONS }).default(100),
  /** The search stops as soon as an objective that keeps all constraints is this good; null: never. */
  target: wireNumber().nullable().default(null),
  /** The search stops when the last `patience` iterations have made the best objective no better than by this; null: never. */
  tolerance: wireNumber().nullable().default(null),
  /** Iterations that `tolerance` looks back at. */
  patience: wireInteger({ min: 1 }).default(20),
});
/**
 * What is to search for the best values of a job's Design variables: its `jobvariables` of type `Design` with `minvalue` and
 * `maxvalue`, and `integer` or `increment` for values in steps. The objective and the constraints are outputs that the
 * post-process script prints.
 */
export const optimizerDefinition = optimizerSchema.meta({ id: 'OptimizerDefinition' });
export type OptimizerDefinition = z.output<typeof optimizerDefinition>;
/** What searches for the best values of a job's Design variables. */
export const optimizer = optimizerSchema.meta({ id: 'Optimizer' });

export const OPTIMIZATION_ENDS = [
  'target',
  'max_runs',
  'no_improvement',
  'converged',
  'exhausted',
  'no_values',
  'too_many_failures',
  'stopped',
  'dry_run',
] as const;

/** How far the optimizer of a job has come. */
export const jobOptimization = z
  .strictObject({
    /** Id of the best iteration so far that keeps every constraint; null while there is none. */
    bestRun: z.string().nullable(),
    /** Why there will be no further iterations; null while there are, and when the job was ended from outside. */
    reason: z.enum(OPTIMIZATION_ENDS).nullable(),
    /** The same for people, with what was found; null as long as `reason` is. */
    message: z.string().nullable(),
  })
  .meta({ id: 'JobOptimization' });
export type JobOptimization = z.output<typeof jobOptimization>;

const retryPolicySchema = wireObject({
  /** Times that a run is executed again after it failed. */
  maxRetries: wireInteger({ min: 0, max: 100 }).default(0),
  /** Exit codes after which it is; null: after any failure. */
  exitCodes: wireList(wireInteger({ min: 0, max: 255 }), { max: 256 })
    .nullable()
    .default(null),
  /**
   * What becomes of a run that is cut off by the end of its agent: it fails, is executed again from its beginning, or is
   * resumed in the directory that it has left; at most `maxRetries` times. Null: executed again where `exitCodes` is null,
   * but not when the agent was told to end.
   */
  agentLost: wireChoice(['fail', 'retry', 'resume'], (text) => text.toLowerCase())
    .nullable()
    .default(null),
  /** The sweep stops when this many runs have failed for good; null: never. */
  maxFailedRuns: wireInteger({ min: 1 }).nullable().default(null),
});
/** What is to become of runs that fail. Not part of the original API. */
export const retryPolicy = retryPolicySchema.meta({ id: 'RetryPolicyDefinition' });
export type RetryPolicy = z.output<typeof retryPolicy>;
/** What becomes of runs that fail. */
export const storedRetryPolicy = retryPolicySchema.meta({ id: 'RetryPolicy' });

const jobParams = z.object({
  /** Id of the job. */
  jobId: z.string(),
});
const shared = { versions: ['v2', 'v3'], tag: 'Sweeps', access: 'user', extension: true } as const;

const rerunOrder = wireObject({
  /** Ids of runs that have ended; absent: every run that did not end in success. */
  runs: wireList(wireReference() as z.ZodType<string, string | number>, {
    max: MAX_RUNS_LISTED,
    nonEmpty: true,
  }).optional(),
  /** Whether they go on where they were cut off, instead of from the beginning. */
  resume: wireBoolean().default(false),
});

export const rerunJobRuns = endpoint({
  ...shared,
  method: 'POST',
  path: '/api/v2/jobs/:jobId/runs/rerun/',
  idempotent: true,
  summary: 'Execute runs again: those named, or all that failed',
  description:
    'While the job executes, the runs join its queue; after its end the job goes back to `Pending` and gets a new cluster. Outputs of the attempts before are replaced. With `resume`, runs that were cut off by the end of their agent go on in the directory that they have left: those named, or all whose directory is kept, and with them those that such an agent had not begun.',
  params: jobParams,
  body: z.preprocess(
    (value) => (value === '' || value === null || value === undefined ? {} : value),
    rerunOrder,
  ) as unknown as z.ZodType<z.output<typeof rerunOrder>, z.input<typeof rerunOrder> | undefined>,
  status: 202,
  refusals: ['Forbidden'],
  response: z.strictObject({
    /** Ids of the runs that are executed again. */
    runs: z.array(z.string()),
  }),
});

export const RESULT_FORMATS = ['json', 'csv', 'parquet'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** A sweep as one table: a row for each run, with its inputs, its outputs, and how it ended. */
export const resultsTable = z
  .strictObject({
    /** The columns, in order. */
    columns: z.array(
      z.strictObject({
        /** Name of the column; no two are the same. */
        name: z.string(),
        /** `run` is about the run itself, `input` what it was given, `output` what it printed. */
        kind: z.enum(['run', 'input', 'output']),
        /** What its cells hold, where they are not null. */
        type: z.enum(['number', 'text', 'boolean']),
      }),
    ),
    /** What to send as `since` to get next time only what has changed after this. */
    mark: z.string().optional(),
    /** Whether these are all runs; false: only those that have changed after the mark that was sent, or are new. */
    isWhole: z.boolean().optional(),
    /** A row for each run, its cells in the order of the columns; null where a run has no such value. */
    rows: z.array(z.array(z.union([z.number(), z.string(), z.boolean(), z.null()]))),
  })
  .meta({ id: 'ResultsTable' });
export type ResultsTable = z.output<typeof resultsTable>;

export const getJobResults = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/results/',
  summary: 'All runs of a sweep in one table, as JSON, CSV or Parquet',
  description: [
    'Of runs that have not ended, what is known so far. CSV and Parquet come as a file with a name; CSV has a header. The entity tag is that of the results, so a table in which nothing has changed is answered with 304 without being made.',
    '`since` answers only runs that have changed after a mark, or are new: those that began, ended, were executed again (their outputs are gone until they end) or became optimal. Columns are then those of these rows, to be put by name into the table that is there already; an output that it does not have yet is a new column. Runs are never taken away. Where changes cannot be told, as after a backup was restored, `isWhole` says that all runs came.',
  ].join('\n\n'),
  params: jobParams,
  query: wireQuery(
    {
      /** How the table comes; JSON when absent. */
      format: wireChoice(RESULT_FORMATS, (text) => text.toLowerCase()).optional(),
      /** The `mark` of an earlier answer; of JSON only. */
      since: wireString().optional(),
      /** Names of columns, separated by commas: only these come, and `run` before them. All when absent. */
      columns: wireWordList({ max: MAX_COLUMNS_LISTED }).optional(),
    },
    { strict: true },
  ),
  status: 200,
  response: resultsTable,
  responseKind: 'bytes',
  mediaTypes: ['text/csv', 'application/vnd.apache.parquet'],
});

export const createJobResultsTask = endpoint({
  ...beginsTask,
  path: '/api/v2/jobs/:jobId/results/task/',
  summary: 'Begin to write the table of a sweep into a file of yours',
  description:
    'A task: see `tasks/{id}/`. When it is done there is a file `<id>-results.csv`, `.parquet` or `.json` among your files, which jobs can take as an input; its `result` has `fileId`, `name`, `sizeBytes` and `runs`.',
  params: jobParams,
  body: wireObject({
    /** How the table is written; CSV when absent. */
    format: wireChoice(RESULT_FORMATS, (text) => text.toLowerCase()).default('csv'),
  }),
});

export const SENSITIVITY_METHODS = ['sobol', 'morris', 'correlation', 'rank-correlation'] as const;
export type SensitivityMethod = (typeof SENSITIVITY_METHODS)[number];

const interval = z.number().nonnegative().nullable();

const pairOfNames = z.tuple([z.string(), z.string()]);
documentedAs.set(pairOfNames, { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 });

/** How an output depends on the inputs; what a method does not give is absent. */
export const sensitivity = z
  .strictObject({
    /** How the figures were found. */
    method: z.enum(SENSITIVITY_METHODS),
    /** Name of the output. */
    output: z.string(),
    /** Runs that the figures rest on. */
    runs: z.int().nonnegative(),
    /** The figures of each input. */
    inputs: z.array(
      z.strictObject({
        /** Name of the input. */
        name: z.string(),
        /** Sobol' index of first order: the part of the variance that the input causes alone. */
        firstOrder: z.number().nullable().optional(),
        /** Half-width of its 95 % confidence interval. */
        firstOrderInterval: interval.optional(),
        /** Sobol' index of total order: the part that it causes together with others, too. */
        totalOrder: z.number().nullable().optional(),
        /** Half-width of its 95 % confidence interval. */
        totalOrderInterval: interval.optional(),
        /** Morris: mean of the elementary effects. */
        mu: z.number().nullable().optional(),
        /** Morris: mean of their absolute values. */
        muStar: z.number().nullable().optional(),
        /** Half-width of its 95 % confidence interval. */
        muStarInterval: interval.optional(),
        /** Morris: standard deviation of the elementary effects. */
        sigma: z.number().nullable().optional(),
        /** Pearson's or Spearman's coefficient of correlation. */
        coefficient: z.number().nullable().optional(),
        /** Probability of a coefficient as large by chance. */
        pValue: z.number().nullable().optional(),
      }),
    ),
    /** Sobol' indices of second order, where the design allows. */
    interactions: z
      .array(
        z.strictObject({
          /** Names of the two inputs. */
          inputs: pairOfNames,
          /** The part of the variance that the two cause together only. */
          secondOrder: z.number().nullable(),
          /** Half-width of its 95 % confidence interval. */
          secondOrderInterval: interval,
        }),
      )
      .optional(),
    /** What a reader should know of the figures. */
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Sensitivity' });
export type Sensitivity = z.output<typeof sensitivity>;

export const getJobSensitivity = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/sensitivity/',
  summary: 'How an output of a sweep depends on its inputs',
  description:
    "`sobol` needs a design of the generator `Saltelli`, `morris` one of `Morris`; the correlations take any sweep. Without `method`, the best that the job's design allows.",
  params: jobParams,
  query: wireQuery({
    /** Name of the output; may be left out where there is only one. */
    output: wireString({ max: 255, blank: false }).optional(),
    /** How the figures are found; the best that the job's design allows when absent. */
    method: wireChoice(SENSITIVITY_METHODS, (text) => text.toLowerCase().replace('_', '-')).optional(),
  }),
  status: 200,
  refusals: ['Conflict'],
  response: sensitivity,
});

/** A polynomial fitted to an output of a sweep. */
export const responseSurface = z
  .strictObject({
    /** Name of the output. */
    output: z.string(),
    /** Degree of the polynomial. */
    degree: z.int(),
    /** Runs that it was fitted to. */
    runs: z.int().nonnegative(),
    /** The fitted polynomial: the sum of coefficient times the product of inputs to their powers, in the inputs' own units. */
    terms: z.array(
      z.strictObject({
        /** Power of each input that takes part; empty for the constant. */
        powers: z.record(z.string(), z.int().positive()),
        /** Factor of the term. */
        coefficient: z.number(),
        /** Standard error of the factor; null where there are no more runs than terms. */
        standardError: z.number().nullable(),
      }),
    ),
    /** Part of the variance that the polynomial explains; null where the output does not vary. */
    rSquared: z.number().nullable(),
    /** The same, corrected for the number of terms; null where there are no more runs than terms. */
    adjustedRSquared: z.number().nullable(),
    /** How far off it is, in the unit of the output; null where there are no more runs than terms. */
    rootMeanSquareError: z.number().nullable(),
    /** What a reader should know of the figures. */
    warnings: z.array(z.string()),
  })
  .meta({ id: 'ResponseSurface' });
export type ResponseSurface = z.output<typeof responseSurface>;

export const getJobResponseSurface = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/response-surface/',
  summary: 'A polynomial fitted to an output of a sweep',
  description:
    'By least squares, from the runs that ended in success. Fewer runs than terms are refused with 400.',
  params: jobParams,
  query: wireQuery({
    /** Name of the output; may be left out where there is only one. */
    output: wireString({ max: 255, blank: false }).optional(),
    /** Highest sum of powers in a term; 2 when absent. */
    degree: wireInteger({ min: 1, max: 3 }).optional(),
    /** Whether products of different inputs take part; true when absent. */
    interactions: wireBoolean().optional(),
  }),
  status: 200,
  refusals: ['Conflict'],
  response: responseSurface,
});
