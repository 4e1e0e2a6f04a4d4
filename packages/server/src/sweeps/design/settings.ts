/** Reads `valueGeneratorSettings` as tolerantly as the rest of the wire, and tells what is wrong by key. */
import { MAX_TEXT_LENGTH } from '@quarry/contract';
import type { Problems } from './problems.ts';

/** Other words for the same settings; case and underscores never matter. */
const ALIASES: Readonly<Record<string, string>> = {
  min: 'minvalue',
  low: 'minvalue',
  max: 'maxvalue',
  high: 'maxvalue',
  step: 'increment',
  std: 'stddev',
  sigma: 'stddev',
  variant: 'kind',
};

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const TRUE = new Set<unknown>([true, 'true', '1', 1]);
const FALSE = new Set<unknown>([false, 'false', '0', 0]);

function fold(key: string): string {
  const folded = key.toLowerCase().replaceAll('_', '');
  return Object.hasOwn(ALIASES, folded) ? ALIASES[folded]! : folded;
}

/** A finite number, or a decimal text of one; anything else is undefined. */
function asNumber(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && value.length < 1000 && NUMBER.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A number as it is, or a text that can be inserted verbatim; anything else is undefined. */
function asValue(value: unknown): number | string | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value : undefined;
  }
  if (typeof value !== 'string' || value.includes('\0') || value.length > MAX_TEXT_LENGTH) {
    return undefined;
  }
  return value;
}

export class Settings {
  readonly #values = new Map<string, unknown>();
  readonly #keys = new Map<string, string>();
  readonly #problems: Problems;
  readonly #path: readonly (string | number)[];
  #failed = false;

  /** `position` is the place of the variable in the definition's `jobvariables`. */
  constructor(raw: Record<string, unknown>, position: number, problems: Problems) {
    this.#problems = problems;
    this.#path = ['jobvariables', position, 'valueGeneratorSettings'];
    for (const [key, value] of Object.entries(raw)) {
      if (value === null || value === undefined) {
        continue;
      }
      const folded = fold(key);
      const other = this.#keys.get(folded);
      if (other !== undefined) {
        this.fail(folded, `"${other}" and "${key}" are the same setting; give one.`, key);
      }
      this.#keys.set(folded, key);
      this.#values.set(folded, value);
    }
  }

  /** True once anything was wrong with these settings. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Tells a problem under the key as the client wrote it, or as it should be written. */
  fail(key: string, message: string, as = this.#keys.get(fold(key)) ?? key): void {
    this.#failed = true;
    this.#problems.add([...this.#path, as], message);
  }

  /** Refuses every setting but these and `nominal`, which any variable may have. */
  only(known: readonly string[], owner: string): void {
    const allowed = new Set([...known, 'nominal'].map(fold));
    for (const folded of this.#keys.keys()) {
      if (allowed.has(folded)) {
        continue;
      }
      this.fail(folded, `${owner} has no setting of this name; it has: ${[...known, 'nominal'].join(', ')}.`);
    }
  }

  has(key: string): boolean {
    return this.#values.has(fold(key));
  }

  /** A number that may be left out. */
  optionalNumber(key: string): number | undefined {
    const value = this.#values.get(fold(key));
    if (value === undefined) {
      return undefined;
    }
    const number = asNumber(value);
    if (number === undefined) {
      this.fail(key, 'A finite number is required.');
    }
    return number;
  }

  number(key: string): number | undefined {
    if (!this.has(key)) {
      this.fail(key, 'This setting is required.');
    }
    return this.optionalNumber(key);
  }

  /** An integer of a range, both ends included, that may be left out. */
  optionalInteger(key: string, min: number, max: number): number | undefined {
    const number = this.optionalNumber(key);
    if (number === undefined) {
      return undefined;
    }
    if (!Number.isSafeInteger(number)) {
      this.fail(key, 'A valid integer is required.');
    } else if (number < min) {
      this.fail(key, `Ensure this value is greater than or equal to ${min}.`);
    } else if (number > max) {
      this.fail(key, `Ensure this value is less than or equal to ${max}.`);
    } else {
      return number;
    }
    return undefined;
  }

  /** `minvalue` and `maxvalue`, in order; undefined when either is missing or wrong. */
  range(): { min: number; max: number } | undefined {
    const min = this.number('minvalue');
    const max = this.number('maxvalue');
    if (min === undefined || max === undefined) {
      return undefined;
    }
    return this.#ordered(min, max) ? { min, max } : undefined;
  }

  /** Bounds of which either may be left out; undefined when something is wrong. */
  optionalRange(): { min: number; max: number } | undefined {
    const min = this.optionalNumber('minvalue') ?? Number.NEGATIVE_INFINITY;
    const max = this.optionalNumber('maxvalue') ?? Number.POSITIVE_INFINITY;
    if (this.#failed) {
      return undefined;
    }
    return this.#ordered(min, max) ? { min, max } : undefined;
  }

  #ordered(min: number, max: number): boolean {
    if (min <= max) {
      return true;
    }
    this.fail('maxvalue', `Ensure this value is not less than minvalue, which is ${min}.`);
    return false;
  }

  boolean(key: string): boolean | undefined {
    const value = this.#values.get(fold(key));
    if (value === undefined) {
      return undefined;
    }
    const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
    if (TRUE.has(word)) {
      return true;
    }
    if (!FALSE.has(word)) {
      this.fail(key, 'Must be a valid boolean.');
    }
    return FALSE.has(word) ? false : undefined;
  }

  text(key: string): string | undefined {
    const value = this.#values.get(fold(key));
    if (value === undefined || typeof value === 'string') {
      return value?.trim();
    }
    this.fail(key, 'Not a valid string.');
    return undefined;
  }

  /** One of these words, in any case. */
  choice<const Word extends string>(key: string, words: readonly Word[], otherwise: Word): Word | undefined {
    if (!this.has(key)) {
      return otherwise;
    }
    const text = this.text(key);
    if (text === undefined) {
      return undefined;
    }
    const word = words.find((each) => each.toLowerCase() === text.toLowerCase());
    if (word === undefined) {
      this.fail(key, `"${text.slice(0, 80)}" is not a valid choice. Choose one of: ${words.join(', ')}.`);
    }
    return word;
  }

  /** One of these words, or a number. */
  numberOr<const Word extends string>(key: string, words: readonly Word[]): Word | number | undefined {
    const number = asNumber(this.#values.get(fold(key)));
    if (number !== undefined) {
      return number;
    }
    const text = this.text(key);
    const word = words.find((each) => each === text?.toLowerCase());
    if (text !== undefined && word === undefined) {
      this.fail(key, `A number is required, or ${words.join(' or ')}.`);
    }
    return word;
  }

  /** A list of numbers and texts that is not empty and has at most `max` elements. */
  list(key: string, max: number): (number | string)[] | undefined {
    const list = this.#values.get(fold(key));
    if (list === undefined) {
      this.fail(key, 'This setting is required.');
    } else if (!Array.isArray(list)) {
      this.fail(key, 'Expected a list of numbers or texts.');
    } else if (list.length === 0) {
      this.fail(key, 'This list may not be empty.');
    } else if (list.length > max) {
      this.fail(key, `Ensure this field has no more than ${max} elements.`);
    } else {
      const wrong = list.findIndex((value) => asValue(value) === undefined);
      if (wrong < 0) {
        return list.slice();
      }
      this.fail(key, `Element ${wrong + 1} of the list is neither a finite number nor a text.`);
    }
    return undefined;
  }

  /** What the client chose for a nominal run: a number, or a text verbatim. */
  nominal(): number | string | undefined {
    const value = this.#values.get('nominal');
    if (value === undefined) {
      return undefined;
    }
    const nominal = asValue(value);
    if (nominal === undefined) {
      this.fail('nominal', 'A finite number or a text is required.');
    }
    return nominal;
  }

  /** A nominal value that must be a number, for generators of numbers. */
  numericNominal(): number | undefined {
    return this.optionalNumber('nominal');
  }
}
