import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { ApiError, BadRequestError, type JobDefinition, type JobPreview, type Quarry } from '@quarry/sdk';
import { formatMoney } from '../output/human.ts';
import { attach } from './attach.ts';
import type { Estimate } from './estimate.ts';
import type { PlannedAttachment } from './inputs.ts';

/** Templates and tables together; with more the platform is asked when they are there. */
const MAX_CONTENT_BYTES = 8 * 1024 * 1024;
/** Answers of platforms that know no previews, or take none that large. */
const UNKNOWN = new Set([404, 405, 413, 501]);

interface WantedPreview {
  definition: JobDefinition;
  attachments: readonly PlannedAttachment[];
}

/**
 * What the platform will make of a job whose files are still here; null where it cannot say. What it would refuse is refused
 * now, before anything is uploaded.
 */
export async function previewJob(
  { definition, attachments }: WantedPreview,
  sdk: Quarry,
  signal: AbortSignal,
): Promise<JobPreview | null> {
  const contents = await readContents(attachments);
  if (contents === null) {
    return null;
  }
  const whole = structuredClone(definition);
  const attached = attachments.map((attachment, index) => ({
    attachment,
    file: { id: idOf(index) },
  }));
  attach(whole, attached);
  try {
    return await sdk.jobs.preview(whole, { points: 0, contents, signal });
  } catch (error) {
    if (error instanceof BadRequestError) {
      throw inDefinition(error);
    }
    if (error instanceof ApiError && UNKNOWN.has(error.status)) {
      return null;
    }
    throw error;
  }
}

const idOf = (index: number) => `local-${index}`;

/** Their texts by the ids that stand for them; null where they cannot be sent as texts. Of scripts only the names count. */
async function readContents(
  attachments: readonly PlannedAttachment[],
): Promise<Record<string, string> | null> {
  const contents: Record<string, string> = {};
  let total = 0;
  for (const [index, { path, use, sizeBytes }] of attachments.entries()) {
    if (use === 'preProcessScript' || use === 'postProcessScript') {
      contents[idOf(index)] = '';
      continue;
    }
    total += sizeBytes;
    const bytes = total > MAX_CONTENT_BYTES ? null : await readFile(path);
    if (bytes === null || !isUtf8(bytes)) {
      return null;
    }
    contents[idOf(index)] = bytes.toString('utf8');
  }
  return contents;
}

/** The definition is a field of a preview: its own fields are named as those of a job. */
function inDefinition(error: BadRequestError): BadRequestError {
  for (const fieldError of error.fieldErrors) {
    fieldError.path = fieldError.path.replace(/^definition\.?/, '');
  }
  return error;
}

/** The price as the platform has worked it out. */
export function estimateOf({ estimate }: JobPreview): Estimate {
  const { most, perHour, hours, isLongest, isDefault = false } = estimate;
  const shown = isLongest ? perHour : most;
  return {
    perHour: Number(perHour.amount),
    amount: Number(most.amount),
    currency: most.currency,
    formula: `${shown.formula} = ${formatMoney(Number(shown.amount), shown.currency)}`,
    hours,
    isLongest,
    // Earlier servers do not tell: they have no such setting.
    isDefault,
  };
}
