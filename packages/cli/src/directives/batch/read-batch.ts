/**
 * What a script asks of Slurm or PBS, in words of this platform. What has a meaning here is taken, what has none is warned of
 * by name, and what would make another result is refused: an array, a dependency, more than one node.
 */
import type { ParsedScript, ScriptSettings } from '../settings.ts';
import { pbs } from './pbs.ts';
import type { BatchRequest } from './request.ts';
import { slurm } from './slurm.ts';

type Dialect = typeof slurm | typeof pbs;

/** The settings of the first of both systems that the script has lines of, its warnings and its errors. */
export function readBatch(script: string): ParsedScript {
  const lines = script.split('\n').map((line) => line.replace(/\r$/, ''));
  const [dialect, other] = [slurm, pbs].filter(({ line }) => lines.some((text) => line.test(text)));
  if (dialect === undefined) {
    return { settings: {}, warnings: [], errors: [] };
  }
  const parsed = readDialect(lines, dialect);
  if (other !== undefined) {
    parsed.warnings.push({
      line: lines.findIndex((text) => other.line.test(text)) + 1,
      message: 'The lines of PBS are ignored: the script has lines of Slurm as well.',
    });
  }
  return parsed;
}

function readDialect(lines: readonly string[], dialect: Dialect): ParsedScript {
  const parsed: ParsedScript = { settings: {}, warnings: [], errors: [] };
  const request: BatchRequest = { environment: new Map(), notes: [] };
  // The systems read no options behind the first command.
  const firstCommand = lines.findIndex((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  for (const [index, text] of lines.entries()) {
    const found = dialect.line.exec(text);
    if (found === null) {
      continue;
    }
    const line = index + 1;
    if (firstCommand >= 0 && index > firstCommand) {
      parsed.warnings.push({
        line,
        message: `${text.trim()} is ignored: it stands behind the first command, in line ${firstCommand + 1}.`,
      });
      continue;
    }
    for (const written of dialect.readLine(found[1]!, line)) {
      const effect = dialect.options.get(written.option);
      const shown = dialect.show(written);
      if (effect === undefined) {
        parsed.warnings.push({ line, message: `${shown} is ignored: it has no meaning here.` });
      } else if ('warning' in effect) {
        parsed.warnings.push({ line, message: `${shown} is ignored: ${effect.warning}` });
      } else {
        const problem = 'error' in effect ? effect.error : effect.request(request, written.value);
        if (problem !== undefined) {
          parsed.errors.push({ line, message: `${shown}: ${problem}` });
        }
      }
      for (const note of request.notes.splice(0)) {
        parsed.warnings.push({ line, message: `${shown} is without effect: ${note}` });
      }
      if (request.nodes !== undefined && request.nodes > 1) {
        parsed.errors.push({
          line,
          message: `${shown}: a job has one host here. Ask for its cores on one, with as many tasks altogether.`,
        });
        request.nodes = 1;
      }
    }
  }
  complete(request);
  parsed.settings = toSettings(request, dialect);
  parsed.warnings.push(...missingVariables(lines, parsed.settings, dialect));
  return parsed;
}

/** Works out what follows of what was said, whatever the order. */
function complete(request: BatchRequest): void {
  const { tasksPerNode, coresPerTask, gpusPerNode, gpusPerTask } = request;
  request.tasks ??= tasksPerNode;
  if (request.tasks !== undefined || coresPerTask !== undefined) {
    request.cores ??= (request.tasks ?? 1) * (coresPerTask ?? 1);
  }
  request.gpus ??= gpusPerNode ?? (gpusPerTask && gpusPerTask * (request.tasks ?? 1));
}

function toSettings(request: BatchRequest, dialect: Dialect): ScriptSettings {
  const { name, cores, gpus, walltimeSeconds, environment } = request;
  const variables = Object.entries(dialect.variables(request)).map(([key, value]) => `${key}=${value}`);
  return {
    // Where it is submitted and how many tasks there are only the host of the job knows.
    commandPrefix: `export ${variables.join(' ')}; `,
    ...(name !== undefined && { name }),
    ...(cores !== undefined && { cores, coresAreLeast: true }),
    ...(gpus !== undefined && gpus > 0 && { gpus }),
    ...(walltimeSeconds && { walltimeHours: walltimeSeconds / 3600 }),
    ...(environment.size > 0 && { environment: Object.fromEntries(environment) }),
  };
}

/** Variables of the system that the script uses and that are not set here, and its own starter of programs. */
function missingVariables(
  lines: readonly string[],
  { commandPrefix = '' }: ScriptSettings,
  dialect: Dialect,
): ParsedScript['warnings'] {
  const warned = new Set<string>();
  const warnings: ParsedScript['warnings'] = [];
  for (const [index, text] of lines.entries()) {
    if (text.trimStart().startsWith('#')) {
      continue;
    }
    const used = [...text.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name!);
    for (const name of used.filter((each) => each.startsWith(dialect.prefix))) {
      if (!commandPrefix.includes(` ${name}=`) && !warned.has(name)) {
        warned.add(name);
        const instead = /JOB_?ID$/.test(name) ? '; the id of a job is in $RESCALE_JOB_ID.' : '.';
        warnings.push({ line: index + 1, message: `$${name} is not set here${instead}` });
      }
    }
    if (dialect === slurm && /(^|[\s;&|(])srun\s/.test(text) && !warned.has('srun')) {
      warned.add('srun');
      warnings.push({
        line: index + 1,
        message: 'srun is not there: start programs with mpirun -np $SLURM_NTASKS, or by themselves.',
      });
    }
  }
  return warnings;
}
