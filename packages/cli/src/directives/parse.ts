/**
 * Reads the settings that a job script carries in its comments. Two dialects share the words: `#RESCALE_NAME="x"`
 * with an equals sign, and `#RESCALE_NAME x` with a blank. They differ where the table says so: `CORES` is a number
 * of cores in the first and a core type in the second, `PROJECT_ID` a project's name and its id. Both may stand in
 * one script; qsub's own `#$` lines, then those of Slurm or PBS, fill what neither sets.
 */
import { nearest } from '../nearest.ts';
import { readBatch } from './batch/read-batch.ts';
import type { ParsedScript, ScriptSettings } from './settings.ts';
import { directiveTable, type Form } from './table.ts';

interface Found {
  word: string;
  form: Form;
  value: string;
  line: number;
}

const DIRECTIVE = /^\s*#(RESCALE_[^\s=]+|USE_RESCALE_LICENSE)(.*)$/;
const ENVIRONMENT_WORD = 'RESCALE_ENV_';
const VARIABLE_NAME = /^[A-Za-z_]\w*$/;
const QSUB = /^\s*#\$\s+(.*)$/;
const SOFTWARE_LINE = /^\s*(?:module\s+(?:load|add)|source|\.)\s+(.+?)\s*(?:#.*)?$/;

/** Reads every directive of a script. Never throws: what is refused stands in `errors`. */
export function parseScript(script: string): ParsedScript {
  const parsed: ParsedScript = { settings: {}, warnings: [], errors: [] };
  const setOn = new Map<string, number>();
  const environment = new Map<string, string>();
  const qsub: ScriptSettings = {};
  const softwareHints: string[] = [];

  for (const [index, raw] of script
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const text = raw.replace(/\r+$/, '');
    const line = index + 1;
    const directive = DIRECTIVE.exec(text);
    if (directive) {
      const [, word = '', rest = ''] = directive;
      if (word.startsWith(ENVIRONMENT_WORD)) {
        readEnvironment(text, line, environment, parsed);
      } else {
        readDirective(splitValue(word, rest, line), setOn, parsed);
      }
      continue;
    }
    const option = QSUB.exec(text);
    if (option) {
      readQsubOption(option[1]!, line, qsub, parsed);
    }
    const software = SOFTWARE_LINE.exec(text);
    if (software) {
      softwareHints.push(...software[1]!.split(/[\s;&|]+/).filter(Boolean));
    }
  }

  if (environment.size > 0) {
    parsed.settings.environment = toVariables(environment);
  }
  if (softwareHints.length > 0) {
    parsed.settings.softwareHints = softwareHints;
  }
  const batch = readBatch(script.replace(/^\ufeff/, ''));
  parsed.warnings.push(...batch.warnings);
  parsed.errors.push(...batch.errors);
  const variables = { ...batch.settings.environment, ...parsed.settings.environment };
  const isExact = qsub.cores !== undefined || parsed.settings.cores !== undefined;
  parsed.settings = {
    ...batch.settings,
    ...qsub,
    ...parsed.settings,
    ...(Object.keys(variables).length > 0 && { environment: variables }),
  };
  if (isExact) {
    delete parsed.settings.coresAreLeast;
  }
  return parsed;
}

/** `=value` and `"value"` in one dialect, ` value` in the other; a bare word has an empty value. */
function splitValue(word: string, rest: string, line: number): Found {
  const equals = /^\s*=(.*)$/.exec(rest);
  if (!equals) {
    return { word, form: 'blank', value: rest.trim(), line };
  }
  return { word, form: 'equals', value: unquote(equals[1]!.trim()).trim(), line };
}

function readDirective(found: Found, setOn: Map<string, number>, parsed: ParsedScript): void {
  const { word, form, value, line } = found;
  const row = Object.hasOwn(directiveTable, word) ? directiveTable[word] : undefined;
  if (!row) {
    const near = nearest(word, Object.keys(directiveTable));
    const advice = near ? ` Did you mean #${near}?` : '';
    parsed.warnings.push({ line, message: `#${word} is not a directive that quarry knows.${advice}` });
    return;
  }
  if (value === '' && !row.mayBeBare) {
    return;
  }
  const setting = typeof row.sets === 'string' ? row.sets : row.sets[form];
  const earlier = setOn.get(setting);
  if (earlier !== undefined) {
    if (row.once) {
      parsed.errors.push({ line, message: `#${word} stands on line ${earlier} already. ${row.once}` });
    } else {
      parsed.warnings.push({ line, message: `#${word} is ignored: line ${earlier} comes first.` });
    }
    return;
  }
  setOn.set(setting, line);
  const result = row.read(value, form);
  if ('error' in result) {
    parsed.errors.push({ line, message: `#${word}: ${result.error}` });
  } else if ('warning' in result) {
    parsed.warnings.push({ line, message: `#${word}: ${result.warning}` });
  } else {
    Object.assign(parsed.settings, result.settings);
  }
}

/**
 * `#RESCALE_ENV_NAME=value`: the name runs to the last equals sign, and a repeated name has its values joined by
 * colons. The other dialect ends the name at the first blank.
 */
function readEnvironment(text: string, line: number, found: Map<string, string>, parsed: ParsedScript): void {
  if (/#RESCALE_ENV_[^\s=]*\s*$/.test(text)) {
    return;
  }
  const match =
    /#RESCALE_ENV_([^\s=]+)\s+(?!=)(.*)$/.exec(text) ?? /#RESCALE_ENV_(.*?)\s*=([^=]*)$/.exec(text);
  const name = match?.[1]?.trim() ?? '';
  if (!VARIABLE_NAME.test(name.split('=')[0]!.trim())) {
    parsed.errors.push({
      line,
      message:
        'An environment variable is written as #RESCALE_ENV_NAME=value, NAME in letters, digits and "_".',
    });
    return;
  }
  const value = match![2]!.trim();
  const earlier = found.get(name);
  found.set(name, earlier === undefined ? value : `${earlier}:${value}`);
}

/**
 * A process sees its environment as `NAME=value` texts that end the name at the first equals sign, so a name with
 * one inside is the same variable as the part before it.
 */
function toVariables(found: Map<string, string>): Record<string, string> {
  const variables = new Map<string, string>();
  for (const [written, value] of found) {
    const at = written.indexOf('=');
    const name = at === -1 ? written : written.slice(0, at).trim();
    const whole = unquote(at === -1 ? value : `${written.slice(at + 1)}=${value}`.trim());
    const earlier = variables.get(name);
    variables.set(name, earlier === undefined ? whole : `${earlier}:${whole}`);
  }
  return Object.fromEntries(variables);
}

function unquote(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}

/** The resource words of `#$ -l`, each meaning what the directive of the same name means. */
const qsubResources: ReadonlyMap<string, string> = new Map([
  ['rescale_code', 'RESCALE_ANALYSIS'],
  ['rescale_coretype', 'RESCALE_CORE_TYPE'],
  ['rescale_cores', 'RESCALE_CORES'],
  ['rescale_walltime', 'RESCALE_WALLTIME'],
  ['rescale_name', 'RESCALE_NAME'],
]);

function readQsubOption(options: string, line: number, qsub: ScriptSettings, parsed: ParsedScript): void {
  const adopt = (word: string, value: string) => {
    const row = directiveTable[word]!;
    if (value === '') {
      return;
    }
    const result = row.read(value, 'equals');
    if ('error' in result) {
      parsed.errors.push({ line, message: `#$ ${options}: ${result.error}` });
    } else if ('settings' in result) {
      for (const [name, setting] of Object.entries(result.settings)) {
        if (!Object.hasOwn(qsub, name)) {
          Object.assign(qsub, { [name]: setting });
        }
      }
    }
  };
  const name = /(?:^|\s)-N\s+(\S+)/.exec(options);
  if (name) {
    adopt('RESCALE_NAME', name[1]!);
  }
  const parallel = /(?:^|\s)-pe\s+\S+\s+(\S+)/.exec(options);
  if (parallel) {
    adopt('RESCALE_CORES', parallel[1]!);
  }
  for (const [, resources = ''] of options.matchAll(/(?:^|\s)-l\s+(\S+)/g)) {
    for (const resource of resources.split(',')) {
      const at = resource.indexOf('=');
      const word = qsubResources.get(at === -1 ? resource : resource.slice(0, at));
      if (word && at !== -1) {
        adopt(word, resource.slice(at + 1));
      }
    }
  }
}
