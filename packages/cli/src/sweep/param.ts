/**
 * Reads `--param`. Three ways to write what a parameter takes:
 *
 *   NAME=0:10:0.5         from : to : step          NAME=0..10/21    from .. to / number of values
 *   NAME=0:10             a range, for --sample and optimizers
 *   NAME=a,b,c            these values, numbers or texts; a list of one ends in a comma
 *   NAME~normal:0:1       a distribution, drawn by --sample
 *
 * `@5` behind a range or a distribution is the value of the nominal run.
 */
import { usageError } from '../errors.ts';
import { nearest } from '../nearest.ts';

export const DISTRIBUTIONS = {
  normal: { type: 'Normal', settings: ['mean', 'stddev'] },
  uniform: { type: 'Uniform', settings: ['minvalue', 'maxvalue'] },
  triangular: { type: 'Triangular', settings: ['minvalue', 'mode', 'maxvalue'] },
  lognormal: { type: 'LogNormal', settings: ['mean', 'stddev'] },
} as const;
export type DistributionWord = keyof typeof DISTRIBUTIONS;

export type Param = { name: string } & (
  | { kind: 'steps'; min: number; max: number; step: number; nominal?: number }
  | { kind: 'spaced'; min: number; max: number; count: number; nominal?: number }
  | { kind: 'range'; min: number; max: number; nominal?: number }
  | { kind: 'values'; values: (number | string)[] }
  | { kind: 'distribution'; word: DistributionWord; numbers: number[]; nominal?: number }
);

const FORMS = [
  'Write --param in one of these ways:',
  '- x=0:10:0.5 (from:to:step), x=0..10/21 (from..to/number), x=1,2.5,4 or steel=S235,S355',
  '- x=0:10 (a range, with --sample, --minimize or --maximize)',
  '- x~normal:MEAN:SD, x~uniform:A:B, x~triangular:A:MODE:B, x~lognormal:MEAN:SD',
].join('\n');

const NAME = /^[A-Za-z_]\w*$/;
const NUMBER = '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?';
const IS_NUMBER = new RegExp(`^${NUMBER}$`);
const SPACED = new RegExp(`^(${NUMBER})\\.\\.(${NUMBER})/(\\d+)$`);
const NOMINAL = new RegExp(`^(.*)@(${NUMBER})$`);

/** One parameter as written; refuses what is no parameter, with the ways there are. */
export function parseParam(given: string): Param {
  const match = /^([^=~]*)([=~])(.*)$/s.exec(given);
  if (!match) {
    throw refuse(given, 'has neither "=" nor "~" behind its name');
  }
  const [, written = '', sign, rest = ''] = match;
  const name = written.trim();
  if (!NAME.test(name)) {
    throw refuse(given, `has no good name: a letter or "_", then letters, digits and "_"`);
  }
  const text = rest.trim();
  if (text === '') {
    throw refuse(given, 'has no values');
  }
  return sign === '~' ? readDistribution(name, text, given) : readValues(name, text, given);
}

function readValues(name: string, text: string, given: string): Param {
  if (text.includes(',')) {
    return { name, kind: 'values', values: readList(text, given) };
  }
  const [, bare = text, at] = NOMINAL.exec(text) ?? [];
  const nominal = at === undefined ? {} : { nominal: Number(at) };
  const spaced = SPACED.exec(bare);
  if (spaced) {
    const [min, max, count] = spaced.slice(1).map(Number) as [number, number, number];
    if (count < 1) {
      throw refuse(given, 'asks for no value at all');
    }
    return { name, kind: 'spaced', min, max, count, ...nominal };
  }
  const parts = bare.split(':').map((part) => part.trim());
  if (parts.length === 1) {
    return { name, kind: 'values', values: [toValue(text)] };
  }
  if (parts.length > 3 || !parts.every(isNumber)) {
    throw refuse(given, 'is neither numbers separated by ":" nor a list (of one: end it with a comma)');
  }
  const [min, max, step] = parts.map(Number) as [number, number, number | undefined];
  if (min > max) {
    throw refuse(given, `goes from ${min} down to ${max}; write the smaller number first`);
  }
  if (step === undefined) {
    return { name, kind: 'range', min, max, ...nominal };
  }
  if (step <= 0) {
    throw refuse(given, 'has a step that is not above 0');
  }
  return { name, kind: 'steps', min, max, step, ...nominal };
}

function readList(text: string, given: string): (number | string)[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.at(-1) === '') {
    items.pop();
  }
  if (items.includes('')) {
    throw refuse(given, 'has an empty value in its list');
  }
  return items.map(toValue);
}

function readDistribution(name: string, text: string, given: string): Param {
  const [, bare = text, at] = NOMINAL.exec(text) ?? [];
  const [word = '', ...parts] = bare.split(':').map((part) => part.trim());
  const distribution = word.toLowerCase();
  if (!isDistribution(distribution)) {
    const near = nearest(distribution, Object.keys(DISTRIBUTIONS));
    throw refuse(given, `names no distribution that there is${near ? `; did you mean ${near}?` : ''}`);
  }
  const { settings } = DISTRIBUTIONS[distribution];
  if (parts.length !== settings.length || !parts.every(isNumber)) {
    throw refuse(given, `needs ${settings.length} numbers behind ${distribution}: ${settings.join(', ')}`);
  }
  const nominal = at === undefined ? {} : { nominal: Number(at) };
  return { name, kind: 'distribution', word: distribution, numbers: parts.map(Number), ...nominal };
}

function isDistribution(word: string): word is DistributionWord {
  return Object.hasOwn(DISTRIBUTIONS, word);
}

function isNumber(text: string): boolean {
  return IS_NUMBER.test(text) && Number.isFinite(Number(text));
}

/** Texts go into templates verbatim; so does a number whose digits say more than its value, such as 007 or 1.50. */
function toValue(text: string): number | string {
  return isNumber(text) && String(Number(text)) === text ? Number(text) : text;
}

function refuse(given: string, why: string): Error {
  return usageError(`--param ${given} ${why}.`, FORMS);
}
