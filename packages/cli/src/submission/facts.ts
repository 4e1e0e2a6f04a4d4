/** What defines a job, fact by fact, so that two can be told apart. */
import type { FileObject, Job } from '@quarry/sdk';

type Tile = Job['jobanalyses'][number];
type Fact = readonly [field: string, value: unknown];

/** A fact in which jobs are not the same; null where one has it not. */
export interface Difference {
  field: string;
  values: unknown[];
}

/** Facts in which these jobs differ, in the order of a definition; with `all` also the others. */
export function differencesOf(jobs: readonly (readonly Fact[])[], { all = false } = {}): Difference[] {
  const fields = [...new Set(jobs.flatMap((facts) => facts.map(([field]) => field)))];
  const ofEach = jobs.map((facts) => new Map(facts));
  return fields
    .map((field) => ({ field, values: ofEach.map((facts) => facts.get(field) ?? null) }))
    .filter(
      ({ values }) => all || values.some((value) => JSON.stringify(value) !== JSON.stringify(values[0])),
    );
}

/** What somebody has said of the job, but for its name and what it belongs to. */
export function definitionFacts(job: Job): Fact[] {
  const files = [job.paramFile, job.caseFile].filter((file) => file !== null && file !== undefined);
  return [
    ['priority', job.isLowPriority ? 'low' : 'normal'],
    ['variables', namesOf(job.jobvariables)],
    ...(job.jobvariables ?? []).map(
      ({ name, variableType, valueGeneratorType, valueGeneratorSettings }): Fact => [
        `variables.${name}`,
        { variableType, valueGeneratorType, ...valueGeneratorSettings },
      ],
    ),
    ['tables', files.map(describeFile)],
    ['optimizer', job.optimizer ?? null],
    ['retryPolicy', job.retryPolicy ?? null],
    ['storage', (job.storageDevices ?? []).map(({ id }) => id)],
    ...job.jobanalyses.flatMap((tile, index) =>
      tileFacts(tile).map(([field, value]): Fact => [index === 0 ? field : `${index + 1}.${field}`, value]),
    ),
  ];
}

/** How it went. */
export function outcomeFacts(job: Job): Fact[] {
  return [
    ['status', job.status ?? null],
    ['outcome', job.outcome ?? null],
    ['failure', job.failure?.code ?? null],
    ['runs', job.progress?.runs ?? null],
    ['runs.failed', job.progress?.failed ?? null],
    ['seconds', job.elapsedWalltimeSeconds ?? null],
    ['cost', job.cost?.used ? `${job.cost.used.amount} ${job.cost.used.currency}` : null],
    ['memory.peakBytes', job.usage?.peakMemoryBytes ?? null],
  ];
}

/** What it is called and belongs to. */
export function nameFacts(job: Job): Fact[] {
  return [
    ['name', job.name],
    ['description', job.description || null],
    ['project', job.projectId],
    ['tags', (job.userTags ?? []).map(({ name }) => name)],
    ['after', (job.after ?? []).map(({ jobId, on }) => `${jobId}:${on}`)],
  ];
}

function tileFacts({
  analysis,
  hardware,
  command,
  envVars,
  inputFiles,
  templateTasks,
  ...tile
}: Tile): Fact[] {
  const { coreType } = hardware as { coreType: string | { code: string } };
  return [
    ['analysis', `${analysis.code}:${analysis.version}`],
    ['command', command],
    ['coreType', typeof coreType === 'string' ? coreType : coreType.code],
    ['cores', hardware.coresPerSlot],
    ['slots', hardware.slots],
    ['walltime', hardware.walltime],
    ...Object.entries(envVars ?? {}).map(([name, value]): Fact => [`env.${name}`, value]),
    ...(inputFiles ?? []).map((file): Fact => [`input.${file.name}`, describeFile(file)]),
    ...(templateTasks ?? []).map(
      ({ processedFilename, templateFile }): Fact => [
        `template.${processedFilename}`,
        describeFile(templateFile),
      ],
    ),
    ['before', [tile.preProcessScriptCommand, tile.preProcessScript && describeFile(tile.preProcessScript)]],
    [
      'afterwards',
      [tile.postProcessScriptCommand, tile.postProcessScript && describeFile(tile.postProcessScript)],
    ],
  ];
}

/** By what is in it: two uploads of the same bytes are the same input. */
function describeFile(file: FileObject): string {
  const hash = file.fileChecksums?.find(({ hashFunction }) => hashFunction === 'sha512')?.fileHash;
  return hash === undefined
    ? `${file.name} (${file.id})`
    : `${file.decryptedSize} bytes, sha512 ${hash.slice(0, 12)}`;
}

function namesOf(variables: Job['jobvariables']): string[] {
  return (variables ?? []).map(({ name }) => name);
}
