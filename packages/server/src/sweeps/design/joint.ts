/** What the designs that sample several variables together have in common. */
import {
  DISTRIBUTION_SETTINGS,
  DISTRIBUTIONS,
  type Distribution,
  isBounded,
  readDistribution,
} from './distributions.ts';
import type { Member } from './draft.ts';
import { MAX_SEED, MIN_SEED } from './seeds.ts';
import type { Settings } from './settings.ts';

/**
 * A setting of the whole design: any of its variables may name it, and those that do must agree. Undefined where
 * none does, or where it is wrong.
 */
export function agreed<T extends string | number | boolean>(
  members: readonly Member[],
  key: string,
  read: (settings: Settings) => T | undefined,
): T | undefined {
  let found: { value: T; by: string } | undefined;
  for (const { variable, settings } of members) {
    if (!settings.has(key)) {
      continue;
    }
    const value = read(settings);
    if (value === undefined) {
      continue;
    }
    if (found && found.value !== value) {
      const type = variable.valueGeneratorType;
      settings.fail(
        key,
        `${found.by} has ${found.value}: all variables of a ${type} design share one ${key}.`,
      );
    }
    found ??= { value, by: variable.name };
  }
  return found?.value;
}

/** An integer of the whole design that one variable at least must name. */
export function agreedInteger(
  members: readonly Member[],
  key: string,
  min: number,
  max: number,
): number | undefined {
  if (!members.some(({ settings }) => settings.has(key))) {
    members[0]!.settings.fail(key, 'This setting is required.');
  }
  return agreed(members, key, (settings) => settings.optionalInteger(key, min, max));
}

/** The seed of the design; 0 for a definition whose seeds were not filled in. */
export function agreedSeed(members: readonly Member[]): number {
  return agreed(members, 'seed', (settings) => settings.optionalInteger('seed', MIN_SEED, MAX_SEED)) ?? 0;
}

/** The distribution of each variable; undefined for those that told their settings what is wrong. */
export function readDistributions(
  members: readonly Member[],
  designSettings: readonly string[],
): (Distribution | undefined)[] {
  return members.map(({ variable, settings }) => {
    const name = settings.choice('distribution', DISTRIBUTIONS, 'Uniform');
    if (name === undefined) {
      return undefined;
    }
    const known = [...designSettings, 'distribution', ...DISTRIBUTION_SETTINGS[name]];
    settings.only(known, `${variable.valueGeneratorType} with distribution ${name}`);
    return readDistribution(name, settings);
  });
}

/** All of them, or null when any settings are wrong. */
export function allSound<T>(members: readonly Member[], parts: readonly (T | undefined)[]): T[] | null {
  const sound = parts.filter((part) => part !== undefined);
  return sound.length < parts.length || members.some(({ settings }) => settings.failed) ? null : sound;
}

/** Refuses distributions without ends for a design with points on the edge; `why` says which points those are. */
export function refuseUnbounded(
  members: readonly Member[],
  distributions: readonly (Distribution | undefined)[],
  why: string,
): void {
  for (const [index, { settings }] of members.entries()) {
    const distribution = distributions[index];
    if (!distribution || isBounded(distribution)) {
      continue;
    }
    settings.fail(
      'distribution',
      `${why}, where this distribution has no value; give minvalue and maxvalue too.`,
    );
  }
}

/** True unless there are more variables than the design's sequence has dimensions; tells the one too many. */
export function fits(members: readonly Member[], dimensions: number): boolean {
  const extra = members[dimensions];
  if (!extra) {
    return true;
  }
  const type = extra.variable.valueGeneratorType;
  extra.settings.fail('distribution', `A ${type} design has at most ${dimensions} variables.`);
  return false;
}
