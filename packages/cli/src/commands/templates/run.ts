import type { JobTemplatePreview, TemplateValues } from '@quarry/sdk';
import { argument, defineCommand, flag, integer, type PlatformContext, text, texts } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { EXIT } from '../../exit-codes.ts';
import { watchJob } from '../../follow/follow-job.ts';
import { type EndedJob, exitCodeOf, printEndedJob, toEndedJob } from '../../follow/outcome.ts';
import { checkInputs } from '../../submission/inputs.ts';
import { withUploaded } from '../../submission/send.ts';

interface Made {
  /** Null for a dry run. */
  id: string | null;
  name: string;
  template: string;
  submitted: boolean;
  /** What a dry run would have become. */
  preview?: JobTemplatePreview;
  ended?: EndedJob;
}

export default defineCommand({
  details:
    'Values are set by the names of the fields, which `quarry templates show` lists; those that are not set have their ' +
    'defaults. Fields for files take ids, or with --upload files of this machine. The job is submitted.',
  arguments: { template: argument('<template>', 'id of the job template') },
  options: {
    set: texts('--set <name=value>', 'value of a field (repeatable; for several files several times)'),
    upload: texts('--upload <name=path>', 'file that is uploaded for a field (repeatable)'),
    name: text('--name <text>', 'name of the job'),
    version: integer('--version-number <n>', 'an earlier version of the template'),
    leaveSaved: flag('--leave-saved', 'do not submit the job'),
    dryRun: flag('--dry-run', 'only show what would be executed, and what it would cost'),
    wait: flag('--wait, --watch', 'follow the job until it has ended; the exit code says how it ended'),
  },
  examples: [
    { command: 'quarry templates run abcDEF --set speed=30 --set hours=2', says: 'Make a job and submit it' },
    {
      command: 'quarry templates run abcDEF --set speed=30 --dry-run',
      says: 'Look at its script and price first',
    },
    { command: 'quarry templates run abcDEF --upload mesh=wing.msh --wait', says: 'With a file, to the end' },
  ],
  async run({ template, set, upload, name, version, leaveSaved, dryRun, wait }, context): Promise<Made> {
    const { sdk, signal } = context;
    if (wait && (leaveSaved || dryRun)) {
      throw usageError(
        `A job that is not submitted does not end: leave out --wait or --${dryRun ? 'dry-run' : 'leave-saved'}.`,
      );
    }
    const filling = {
      signal,
      ...(version !== undefined && { version }),
      ...(name !== undefined && { name }),
    };
    if (dryRun) {
      if (upload.length > 0) {
        throw usageError(
          'A dry run uploads nothing: leave out --upload, or give the id of a file with --set.',
        );
      }
      const preview = await sdk.jobTemplates.preview(template, readValues(set, []), filling);
      return { id: null, name: String(preview.definition.name), template, submitted: false, preview };
    }
    const job = await withFiles(upload, context, (files) =>
      sdk.jobTemplates.createJob(template, readValues(set, files), { ...filling, submit: !leaveSaved }),
    );
    const made = { id: job.id, name: job.name, template, submitted: !leaveSaved };
    return wait ? { ...made, ended: toEndedJob(await watchJob(job.id, context)) } : made;
  },
  present({ id, name, submitted, preview, ended }, io) {
    if (ended) {
      printEndedJob(ended, io);
    } else if (preview) {
      for (const script of preview.scripts) {
        io.print(script);
      }
      const { most, hours } = preview.estimate;
      io.note(`It would cost at most ${most.amount} ${most.currency}, if it uses all of its ${hours} h.`);
    } else {
      io.print(`Job ${id} (${name}) is ${submitted ? 'submitted' : 'saved'}.`);
      io.note(
        submitted
          ? `Follow it with: quarry jobs watch ${id}`
          : `Submit it with: quarry jobs submit --saved ${id}`,
      );
    }
  },
  exitCode: ({ ended }) => (ended ? exitCodeOf(ended.outcome) : EXIT.ok),
});

type NamedText = [name: string, text: string];

function readPair(given: string, option: string): NamedText {
  const at = given.indexOf('=');
  if (at < 1) {
    throw usageError(`${option} is written NAME=VALUE, not "${given}".`);
  }
  return [given.slice(0, at), given.slice(at + 1)];
}

/** The platform makes numbers of texts where a field takes numbers; what is there several times is a list. */
function readValues(set: readonly string[], files: readonly NamedText[]): TemplateValues {
  const values = new Map<string, string | string[]>();
  for (const [name, value] of [...set.map((each) => readPair(each, '--set')), ...files]) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(values);
}

/** Uploads what fields for files are to have; nothing stays uploaded when the platform refuses the job. */
async function withFiles<Result>(
  upload: readonly string[],
  context: PlatformContext,
  use: (files: NamedText[]) => Promise<Result>,
): Promise<Result> {
  const pairs = upload.map((each) => readPair(each, '--upload'));
  if (pairs.length === 0) {
    return use([]);
  }
  const inputs = await checkInputs([pairs.map(([, path]) => ({ path, decompress: true }))]);
  return withUploaded(inputs, context, (uploaded) =>
    use(uploaded.map(({ reference }, index): NamedText => [pairs[index]![0], reference.id])),
  );
}
