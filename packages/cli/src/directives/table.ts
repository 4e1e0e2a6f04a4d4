import { HOURS_FORMS, readHours } from '../hours.ts';
import type { ScriptSettings } from './settings.ts';

/** How a value was written: `#WORD=value`, or `#WORD value`. */
export type Form = 'equals' | 'blank';

type Result = { settings: ScriptSettings } | { error: string } | { warning: string };

interface Row {
  /** What the directive sets, by form when the forms differ: the first directive that sets it wins. */
  sets: string | Record<Form, string>;
  read: (value: string, form: Form) => Result;
  /** Means something without a value. */
  mayBeBare?: boolean;
  /** A second one is refused, for this reason. */
  once?: string;
}

/** The longest walltime the blank form takes; larger numbers are seconds of an older version. */
const LONGEST_BLANK_WALLTIME_HOURS = 336;

const setting = <Name extends keyof ScriptSettings>(name: Name, value: ScriptSettings[Name]): Result => ({
  settings: { [name]: value },
});

const textSetting = (name: keyof ScriptSettings): Row => ({
  sets: name,
  read: (value) => ({ settings: { [name]: value } }),
});

const numberSetting = (name: 'cores' | 'slots', what: string): Row => ({
  sets: name,
  read: (value) => readCount(value, name, what),
});

const listSetting = (name: 'existingFiles' | 'tags' | 'automations', separator: RegExp): Row => ({
  sets: name,
  read: (value) =>
    setting(
      name,
      value
        .split(separator)
        .map((item) => item.trim())
        .filter(Boolean),
    ),
});

const refused = (why: string): Row => ({ sets: why, read: () => ({ error: why }) });

/** Every directive, its meaning in each form, and what becomes of values that do not fit. */
export const directiveTable: Record<string, Row> = {
  RESCALE_NAME: textSetting('name'),
  RESCALE_COMMAND: textSetting('command'),
  RESCALE_ANALYSIS: {
    ...textSetting('analysis'),
    once: 'A script runs one analysis; for several, submit a definition with `--definition`.',
  },
  RESCALE_ANALYSIS_VERSION: textSetting('analysisVersion'),
  RESCALE_CORE_TYPE: textSetting('coreType'),
  RESCALE_CORES: {
    sets: { equals: 'cores', blank: 'coreType' },
    read: (value, form) =>
      form === 'equals' ? readCount(value, 'cores', 'a number of cores') : setting('coreType', value),
  },
  RESCALE_CORES_PER_SLOT: numberSetting('cores', 'a number of cores'),
  RESCALE_SLOTS: numberSetting('slots', 'a number of slots'),
  RESCALE_WALLTIME: { sets: 'walltimeHours', read: readWalltime },
  RESCALE_LOW_PRIORITY: {
    sets: 'lowPriority',
    read: (value) => {
      const yes = readSwitch(value);
      return yes === undefined
        ? { error: `takes true, on, false or off, not "${value}".` }
        : setting('lowPriority', yes);
    },
  },
  RESCALE_PRIORITY: { sets: 'billingPriority', read: readPriority },
  RESCALE_EXISTING_FILES: listSetting('existingFiles', /[,\s]+/),
  RESCALE_TAGS: listSetting('tags', /,/),
  RESCALE_AUTOMATION: listSetting('automations', /[,\s]+/),
  USE_RESCALE_LICENSE: {
    sets: 'useRescaleLicense',
    mayBeBare: true,
    read: (value) => {
      const yes = value === '' ? true : readSwitch(value);
      return yes === undefined
        ? { error: `takes nothing, yes or no, not "${value}".` }
        : setting('useRescaleLicense', yes);
    },
  },
  RESCALE_ONDEMAND_LICENSE: textSetting('onDemandLicenseSeller'),
  RESCALE_USER_DEFINED_LICENSE_SETTINGS: { sets: 'userDefinedLicenseSettings', read: readLicenseSettings },
  RESCALE_PROJECT_ID: {
    sets: 'project',
    read: (value, form) => setting(form === 'equals' ? 'projectName' : 'projectId', value),
  },
  RESCALE_INBOUND_SSH_CIDR: textSetting('cidrRule'),
  RESCALE_PUBLIC_KEY: textSetting('publicKey'),
  RESCALE_CORE_TYPE_SET: refused(
    'sets of core types are not supported. Name one with #RESCALE_CORE_TYPE=code.',
  ),
  RESCALE_START_JOB_ON_HOUR: refused('a delayed start is not supported. Submit the job when it shall start.'),
  RESCALE_AUTO_TERMINATE_CLUSTER: {
    sets: 'autoTerminateCluster',
    read: () => ({ warning: 'ignored, clusters always end with their job.' }),
  },
};

function readCount(value: string, name: 'cores' | 'slots', what: string): Result {
  const number = Number(value);
  if (!/^\+?\d+$/.test(value) || !Number.isSafeInteger(number) || number < 1) {
    return { error: `takes ${what} of at least 1, not "${value}".` };
  }
  return setting(name, number);
}

function readWalltime(value: string, form: Form): Result {
  const hours = readHours(value);
  if (hours === undefined) {
    return { error: `takes ${HOURS_FORMS}, not "${value}".` };
  }
  if (form === 'blank' && hours > LONGEST_BLANK_WALLTIME_HOURS) {
    const inHours = Math.ceil(hours / 3600);
    return {
      error: `takes at most ${LONGEST_BLANK_WALLTIME_HOURS} hours. If ${hours} are seconds, write ${inHours}.`,
    };
  }
  return setting('walltimeHours', hours);
}

function readPriority(value: string): Result {
  const word = value.toUpperCase();
  if (word === 'ON_DEMAND' || word === 'INSTANT') {
    return setting('billingPriority', word);
  }
  if (word === 'RESERVED') {
    return { error: 'RESERVED is not supported; use INSTANT or ON_DEMAND.' };
  }
  return { error: `takes INSTANT or ON_DEMAND, not "${value}".` };
}

function readLicenseSettings(value: string): Result {
  try {
    return setting('userDefinedLicenseSettings', JSON.parse(value));
  } catch (error) {
    return { error: `takes JSON such as {"featureSets":[]}; ${(error as Error).message}.` };
  }
}

function readSwitch(value: string): boolean | undefined {
  const word = value.toLowerCase();
  if (['true', 'on', 'yes', '1'].includes(word)) {
    return true;
  }
  if (['false', 'off', 'no', '0'].includes(word)) {
    return false;
  }
  return undefined;
}
