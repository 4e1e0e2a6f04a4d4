/** What turns a job into many runs, and what can be asked about them together. */
import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { wireWords } from './errors.ts';
import { MAX_MONTE_CARLO_ITERATIONS, MAX_RUNS_LISTED } from './limits.ts';
import {
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

export const jobVariableDefinition = wireObject(
  {
    /** What templates call it: a letter or underscore, then letters, digits and underscores. */
    name: wireString({ max: 255, blank: false }),
    variableType: wireChoice(VARIABLE_TYPES),
    displayOrder: wireInteger(),
    valueGeneratorType: wireChoice(VALUE_GENERATOR_TYPES),
    /** Docs: docs/sweeps.md lists them for each generator. */
    valueGeneratorSettings: z.record(z.string(), z.unknown(), { error: wireWords }),
  },
  { aliases: { variableGeneratorType: 'valueGeneratorType' }, ignored: ['id'] },
);
export type JobVariableDefinition = z.input<typeof jobVariableDefinition>;
export type ParsedJobVariable = z.output<typeof jobVariableDefinition>;

export const OPTIMIZER_METHODS = ['direct', 'nelder-mead'] as const;

/**
 * Ours: the original's schema is not public. Design variables are the job's `jobvariables` of type `Design` with
 * `minvalue` and `maxvalue`, and `integer` or `increment` for values in steps; the objective and the constraints are
 * outputs that the post-process script prints.
 */
export const optimizerDefinition = wireObject({
  method: wireChoice(OPTIMIZER_METHODS, (text) => text.toLowerCase()).default('direct'),
  objective: wireObject({
    name: wireString({ max: 255, blank: false }),
    goal: wireChoice(['minimize', 'maximize'], (text) => text.toLowerCase().replace(/ise$/, 'ize')).default(
      'minimize',
    ),
  }),
  /** Bounds on outputs; a run that breaks one is never optimal. */
  constraints: wireListOrNull(
    wireObject({
      name: wireString({ max: 255, blank: false }),
      min: wireNumber().nullable().default(null),
      max: wireNumber().nullable().default(null),
    }),
    { max: 100 },
  ).default([]),
  /** Iterations that may execute at most. */
  maxRuns: wireInteger({ min: 1, max: MAX_MONTE_CARLO_ITERATIONS }).default(100),
  /** Stop as soon as a feasible objective is this good. */
  target: wireNumber().nullable().default(null),
  /** Stop when the last `patience` iterations have improved the best objective by no more than this. */
  tolerance: wireNumber().nullable().default(null),
  patience: wireInteger({ min: 1 }).default(20),
});
export type OptimizerDefinition = z.output<typeof optimizerDefinition>;

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

/** Ours: how far the optimizer of a job has come. */
export const jobOptimization = z
  .strictObject({
    /** Id of the best iteration so far that keeps every constraint; null while there is none. */
    bestRun: z.string().nullable(),
    /** Why there will be no further iterations; null while there are, and when the job was ended from outside. */
    reason: z.enum(OPTIMIZATION_ENDS).nullable(),
    /** The same for people, with what was found. */
    message: z.string().nullable(),
  })
  .meta({ id: 'JobOptimization' });
export type JobOptimization = z.output<typeof jobOptimization>;

/** Ours: what becomes of runs that fail. */
export const retryPolicy = wireObject({
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
export type RetryPolicy = z.output<typeof retryPolicy>;

const jobParams = z.object({ jobId: z.string() });
const shared = { versions: ['v2', 'v3'], tag: 'Sweeps', access: 'user', extension: true } as const;

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
    wireObject({
      /** Ids of runs that have ended; absent: every run that did not end in success. */
      runs: wireList(wireReference(), { max: MAX_RUNS_LISTED, nonEmpty: true }).optional(),
      /** Goes on where they were cut off, instead of from the beginning. */
      resume: wireBoolean().default(false),
    }),
  ) as unknown as z.ZodType<
    { runs?: string[]; resume: boolean },
    { runs?: Array<string | number>; resume?: boolean } | undefined
  >,
  status: 202,
  response: z.strictObject({ runs: z.array(z.string()) }),
});

export const RESULT_FORMATS = ['json', 'csv', 'parquet'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/** A sweep as one table: a row for each run, with its inputs, its outputs, and how it ended. */
export const resultsTable = z
  .strictObject({
    columns: z.array(
      z.strictObject({
        name: z.string(),
        /** `run`: about the run itself. */
        kind: z.enum(['run', 'input', 'output']),
        type: z.enum(['number', 'text', 'boolean']),
      }),
    ),
    /** In the order of the columns; null where a run has no such value. */
    rows: z.array(z.array(z.union([z.number(), z.string(), z.boolean(), z.null()]))),
  })
  .meta({ id: 'ResultsTable' });
export type ResultsTable = z.output<typeof resultsTable>;

export const getJobResults = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/results/',
  summary: 'All runs of a sweep in one table, as JSON, CSV or Parquet',
  params: jobParams,
  query: wireQuery({
    format: wireChoice(RESULT_FORMATS, (text) => text.toLowerCase()).optional(),
  }),
  status: 200,
  response: resultsTable,
  responseKind: 'bytes',
});

export const SENSITIVITY_METHODS = ['sobol', 'morris', 'correlation', 'rank-correlation'] as const;
export type SensitivityMethod = (typeof SENSITIVITY_METHODS)[number];

const interval = z.number().nonnegative().nullable();

/** How an output depends on the inputs. What a method does not give is absent. */
export const sensitivity = z
  .strictObject({
    method: z.enum(SENSITIVITY_METHODS),
    output: z.string(),
    /** Runs that the figures rest on. */
    runs: z.int().nonnegative(),
    inputs: z.array(
      z.strictObject({
        name: z.string(),
        /** Sobol' indices of first and total order, each with the half-width of its 95 % confidence interval. */
        firstOrder: z.number().nullable().optional(),
        firstOrderInterval: interval.optional(),
        totalOrder: z.number().nullable().optional(),
        totalOrderInterval: interval.optional(),
        /** Morris: mean, mean of absolute values, and standard deviation of the elementary effects. */
        mu: z.number().nullable().optional(),
        muStar: z.number().nullable().optional(),
        muStarInterval: interval.optional(),
        sigma: z.number().nullable().optional(),
        /** Pearson's or Spearman's coefficient, with the probability of one as large by chance. */
        coefficient: z.number().nullable().optional(),
        pValue: z.number().nullable().optional(),
      }),
    ),
    /** Sobol' indices of second order, where the design allows. */
    interactions: z
      .array(
        z.strictObject({
          inputs: z.tuple([z.string(), z.string()]),
          secondOrder: z.number().nullable(),
          secondOrderInterval: interval,
        }),
      )
      .optional(),
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
    /** The output; may be left out where there is only one. */
    output: wireString({ max: 255, blank: false }).optional(),
    method: wireChoice(SENSITIVITY_METHODS, (text) => text.toLowerCase().replace('_', '-')).optional(),
  }),
  status: 200,
  response: sensitivity,
});

export const responseSurface = z
  .strictObject({
    output: z.string(),
    degree: z.int(),
    runs: z.int().nonnegative(),
    /** The fitted polynomial: the sum of coefficient times the product of inputs to their powers, in the inputs' own units. */
    terms: z.array(
      z.strictObject({
        /** Power of each input that takes part; empty for the constant. */
        powers: z.record(z.string(), z.int().positive()),
        coefficient: z.number(),
        standardError: z.number().nullable(),
      }),
    ),
    rSquared: z.number().nullable(),
    adjustedRSquared: z.number().nullable(),
    /** In the unit of the output. */
    rootMeanSquareError: z.number().nullable(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'ResponseSurface' });
export type ResponseSurface = z.output<typeof responseSurface>;

export const getJobResponseSurface = endpoint({
  ...shared,
  method: 'GET',
  path: '/api/v2/jobs/:jobId/response-surface/',
  summary: 'A polynomial fitted to an output of a sweep',
  params: jobParams,
  query: wireQuery({
    output: wireString({ max: 255, blank: false }).optional(),
    degree: wireInteger({ min: 1, max: 3 }).optional(),
    /** Whether products of different inputs take part; they do unless said otherwise. */
    interactions: wireBoolean().optional(),
  }),
  status: 200,
  response: responseSurface,
});
