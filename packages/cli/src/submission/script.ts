import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseScript } from '../directives/parse.ts';
import type { ScriptSettings } from '../directives/settings.ts';
import { usageError } from '../errors.ts';
import type { DraftJob } from './draft.ts';
import { toLocalInput } from './options.ts';

/** Larger files are no job scripts. */
const SCRIPT_BYTES = 1024 * 1024;
/** The name and the command that the original command line gives to every script. */
const SCRIPT_NAME = 'run.sh';

/** A job described by a script's `#RESCALE_*` directives, or those of Slurm or PBS; the script itself is the first input. */
export async function draftFromScript(path: string, moreInputs: readonly string[]): Promise<DraftJob> {
  const { size } = await stat(path);
  if (size > SCRIPT_BYTES) {
    throw usageError(
      `${path} is too large to be a job script (${size} bytes; the limit is ${SCRIPT_BYTES}).`,
      'Name the script first and the other inputs behind it.',
    );
  }
  const { settings, warnings, errors } = parseScript(await readFile(path, 'utf8'));
  if (errors.length > 0) {
    const lines = errors.map(({ line, message }) => `${path}:${line}: ${message}`);
    throw usageError(lines.join('\n'), 'Correct the script, or override with options such as --walltime.');
  }
  const draft = toDraft(settings, basename(path));
  draft.warnings.push(...warnings.map(({ line, message }) => `${path}:${line}: ${message}`));
  draft.tiles[0]!.localInputs.push(
    { path, name: SCRIPT_NAME, decompress: false },
    ...moreInputs.map(toLocalInput),
  );
  return draft;
}

function toDraft(settings: ScriptSettings, scriptName: string): DraftJob {
  const { analysis, analysisVersion } = settings;
  const draft: DraftJob = {
    definition: defined({
      name: settings.name ?? scriptName,
      isLowPriority: settings.lowPriority,
      billingPriorityValue: settings.billingPriority,
      projectId: settings.projectId,
      tags: settings.tags,
      cidrRule: settings.cidrRule,
      publicKey: settings.publicKey,
      jobAutomations: settings.automations?.map((id) => ({ automation: { id }, environmentVariables: {} })),
    }),
    tiles: [
      {
        definition: defined({
          command: `${settings.commandPrefix ?? ''}${settings.command ?? `./${SCRIPT_NAME}`}`,
          analysis:
            analysis === undefined ? undefined : defined({ code: analysis, version: analysisVersion }),
          inputFiles: settings.existingFiles?.map((id) => ({ id })),
          envVars: settings.environment,
          useRescaleLicense: settings.useRescaleLicense,
          onDemandLicenseSeller: settings.onDemandLicenseSeller,
          userDefinedLicenseSettings: settings.userDefinedLicenseSettings as never,
        }),
        coreType: settings.coreType,
        cores: settings.cores,
        ...(settings.coresAreLeast && { coresAreLeast: true }),
        ...(settings.gpus !== undefined && { gpus: settings.gpus }),
        slots: settings.slots,
        walltimeHours: settings.walltimeHours,
        localInputs: [],
      },
    ],
    warnings: [],
  };
  if (settings.projectName !== undefined) {
    draft.projectName = settings.projectName;
  }
  if (analysis === undefined) {
    draft.softwareHints = settings.softwareHints ?? [];
  }
  return draft;
}

/** Without the keys whose value is undefined: they would be sent as if they meant something. */
function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
