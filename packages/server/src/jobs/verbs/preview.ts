import { setImmediate } from 'node:timers/promises';
import { parseTemplate, TemplateError } from '@quarry/agent/templates';
import type { JobEstimate, JobPreview, ParsedJobDefinition } from '@quarry/contract';
import { LIMITS } from '../../limits.ts';
import { invalidFields } from '../../problems.ts';
import type { SweepPlan } from '../../sweeps/plan.ts';
import type { ReadFile } from '../../sweeps/read-file.ts';
import {
  type CompleteDefinition,
  completeDefinition,
  readerOf,
  refuseLarge,
} from '../definition/complete.ts';
import { costOf } from '../definition/estimate.ts';
import { findOffer, type Owner } from '../definition/offer.ts';
import type { StoredDefinition } from '../definition/stored.ts';
import type { Domain } from './domain.ts';

export interface WantedPreview {
  definition: ParsedJobDefinition;
  /** From 1. */
  run: number;
  points: number;
  /** Texts by the ids that stand for them in the definition. */
  contents: Readonly<Record<string, string>>;
}

/** What a definition would become as a job of the owner; refuses what could not be saved. */
export async function previewJob(
  domain: Pick<Domain, 'queries' | 'catalog' | 'site' | 'readAttached'>,
  owner: Owner,
  { definition: wanted, run, points, contents }: WantedPreview,
  warn: (text: string) => void,
): Promise<Omit<JobPreview, 'warnings'>> {
  const readFile = readerWith(contents, readerOf(domain));
  const found = await findOffer(domain, owner, [wanted]);
  const offer = { ...found, attachable: new Set([...found.attachable, ...Object.keys(contents)]) };
  const complete = await completeDefinition(domain, owner, wanted, { warn, offer, readFile });
  const { definition, plan, columns, unreached } = complete;
  const isOptimized = definition.optimizer !== null;
  const names = plan.variables.map(({ name }) => name);
  if (!isOptimized && run > plan.count) {
    throw invalidFields({ run: [`There is no run ${run}: the job has ${plan.count}.`] });
  }
  const shown = isOptimized || names.length === 0 ? 0 : Math.min(points, plan.count);
  const values = isOptimized ? null : valuesOf(plan, run);
  const { templates, used } = await renderAll(definition, values, readFile, warn);
  return {
    estimate: estimateOf(columns, definition, domain.site.defaultJobHours !== null),
    runs: {
      count: isOptimized ? null : plan.count,
      factors: [...plan.factors],
      withNominal: plan.withNominal,
    },
    variables: names,
    points: Array.from({ length: shown }, (_, index) => plan.values(index)),
    templates,
    unreached,
    unused: templates.length === 0 || used === null ? [] : names.filter((name) => !used.has(name)),
  };
}

/** What templates insert in a run, by the names of the variables. */
function valuesOf({ variables, values }: SweepPlan, run: number): Map<string, string> {
  const texts = variables.length === 0 ? [] : values(run - 1);
  return new Map(variables.map(({ name }, index) => [name, texts[index]!]));
}

/** Reads what came with the request, and the rest from the store. */
function readerWith(contents: Readonly<Record<string, string>>, readStored: ReadFile): ReadFile {
  return async (id, limitBytes) => {
    if (!Object.hasOwn(contents, id)) {
      return readStored(id, limitBytes);
    }
    const bytes = Buffer.from(contents[id]!);
    refuseLarge(id, bytes.length, limitBytes);
    return bytes;
  };
}

function estimateOf(
  columns: CompleteDefinition['columns'],
  { jobanalyses }: StoredDefinition,
  hasDefault: boolean,
): JobEstimate {
  const rate = { pricePerCoreHour: columns.price_per_core_hour, currency: columns.currency };
  const cluster = { coresPerSlot: columns.cores_per_slot, slots: columns.slots };
  const hours = columns.walltime_seconds / 3600;
  const isUnnamed = jobanalyses[0]!.hardware.walltime === null;
  // What is executed on a persistent cluster is paid for with that.
  const isPaid = columns.persistent_cluster_id !== null;
  return {
    most: costOf(rate, { ...cluster, hours: isPaid ? 0 : hours }),
    perHour: costOf(rate, { ...cluster, hours: isPaid ? 0 : 1 }),
    hours,
    isLongest: isUnnamed && !hasDefault,
    isDefault: isUnnamed && hasDefault,
  };
}

type Template = ReturnType<typeof parseTemplate>;

/** Renders the templates of all tiles, and tells which names are in them: null where not all of them were read. */
async function renderAll(
  { jobanalyses }: StoredDefinition,
  values: ReadonlyMap<string, string> | null,
  readFile: ReadFile,
  warn: (text: string) => void,
): Promise<{ templates: JobPreview['templates']; used: ReadonlySet<string> | null }> {
  const templates: JobPreview['templates'] = [];
  const used = new Set<string>();
  // One file may be the template of many tasks.
  const read = new Map<string, { template: Template; sizeBytes: number }>();
  let [sourceBytes, shownBytes]: [number, number] = [LIMITS.previewSourceBytes, LIMITS.previewsBytes];
  let left = 0;
  for (const [tile, { templateTasks }] of jobanalyses.entries()) {
    for (const { templateFile, processedFilename } of templateTasks) {
      // What others ask for meanwhile comes between.
      await setImmediate();
      const own = { tile, templateFile: templateFile.id, processedFilename };
      if (sourceBytes <= 0 || shownBytes <= 0) {
        left++;
        templates.push({ ...own, names: [], ...NOTHING, isCut: true });
        continue;
      }
      const { template, sizeBytes } =
        read.get(templateFile.id) ?? (await readTemplate(templateFile.id, readFile));
      read.set(templateFile.id, { template, sizeBytes });
      const names = [...template.names];
      for (const { name } of names) {
        used.add(name);
      }
      const rendered = render(template, values, Math.min(LIMITS.previewBytes, shownBytes));
      sourceBytes -= sizeBytes;
      shownBytes -= Buffer.byteLength(rendered.rendered ?? '') + names.length * NAME_BYTES;
      templates.push({ ...own, names, ...rendered });
    }
  }
  if (left > 0) {
    warn(
      `The last ${left} of ${templates.length} templates were not rendered: a preview renders templates of ${LIMITS.previewSourceBytes >> 20} MiB and shows ${LIMITS.previewsBytes >> 20} MiB of them. Preview tiles one by one.`,
    );
  }
  return { templates, used: left > 0 ? null : used };
}

async function readTemplate(id: string, readFile: ReadFile) {
  const bytes = await readFile(id, LIMITS.templateBytes);
  return { template: parseTemplate(bytes), sizeBytes: bytes.length };
}

type Rendered = Pick<
  JobPreview['templates'][number],
  'rendered' | 'isCut' | 'inserts' | 'problem' | 'problemAt'
>;

const NOTHING: Rendered = { rendered: null, isCut: false, inserts: [], problem: null, problemAt: null };
/** What telling of a name in a template takes, about. */
const NAME_BYTES = 64;

function render(
  template: Template,
  values: ReadonlyMap<string, string> | null,
  shownBytes: number,
): Rendered {
  if (values === null) {
    return NOTHING;
  }
  const inserts: Rendered['inserts'] = [];
  let insertedLength = 0;
  try {
    const bytes = template.render(values, (insert) => {
      insertedLength += insert.text.length + insert.length;
      // Those behind the beginning that is shown would be told for nothing.
      if (insertedLength <= shownBytes) {
        inserts.push(insert);
      }
    });
    const rendered = bytes.subarray(0, shownBytes).toString();
    return { ...NOTHING, rendered, isCut: bytes.length > shownBytes, inserts };
  } catch (error) {
    if (error instanceof TemplateError) {
      const { line, column } = error;
      return { ...NOTHING, problem: `${error.message} ${error.hint}`, problemAt: { line, column } };
    }
    throw error;
  }
}
