import type { Draft, Member } from './draft.ts';
import type { Problems } from './problems.ts';
import type { PlanLimits } from './read-file-table.ts';

export interface Combined {
  count: number;
  values(index: number): string[];
}

/**
 * Multiplies drafts, the last one fastest, with one nominal run after all others where it is wanted. Null when the
 * job would be too large, or has no nominal values; `problems` is told.
 */
export function combine(
  members: readonly Member[],
  drafts: readonly Draft[],
  includeNominalRun: boolean,
  limits: PlanLimits,
  problems: Problems,
): Combined | null {
  const product = drafts.reduce((runs, draft) => runs * draft.count, 1);
  const total = product + (includeNominalRun ? 1 : 0);
  const nominal = includeNominalRun ? nominalTexts(members, drafts, problems) : null;
  const tooMany = tooLarge(total, members.length, drafts, includeNominalRun, limits);
  if (tooMany !== null) {
    problems.add(['jobvariables'], tooMany);
  }
  if (problems.found) {
    return null;
  }

  const places = new Map(members.map((member, place) => [member, place]));
  const factors = drafts.map((draft) => ({
    count: draft.count,
    value: draft.build(),
    places: draft.members.map((member) => places.get(member)!),
  }));
  factors.reverse();
  return {
    count: total,
    values(index) {
      if (!(index >= 0 && index < total)) {
        throw new RangeError(`There is no run ${index} among ${total}.`);
      }
      if (nominal && index === product) {
        return nominal.slice();
      }
      const texts = new Array<string>(members.length);
      let rest = index;
      for (const { count, value, places } of factors) {
        const row = rest % count;
        rest = (rest - row) / count;
        for (let member = 0; member < places.length; member++) {
          texts[places[member]!] = String(value(row, member));
        }
      }
      return texts;
    },
  };
}

function tooLarge(
  total: number,
  variables: number,
  drafts: readonly Draft[],
  nominal: boolean,
  limits: PlanLimits,
): string | null {
  if (total > limits.runsPerJob) {
    const factors = drafts.map((draft) => `${nameOf(draft)} (${tell(draft.count)})`).slice(0, 10);
    const more = drafts.length > factors.length ? ' and more' : '';
    const what = `${factors.join(' x ')}${more}${nominal ? ' and the nominal run' : ''}`;
    return `${what} make ${tell(total)} runs; a job has at most ${tell(limits.runsPerJob)}.`;
  }
  if (total * variables > limits.valuesPerJob) {
    const product = `${tell(total)} runs of ${tell(variables)} variables have ${tell(total * variables)} values`;
    return `${product}; a job has at most ${tell(limits.valuesPerJob)}.`;
  }
  return null;
}

function nameOf({ members }: Draft): string {
  const names = members.slice(0, 3).map(({ variable }) => variable.name);
  return members.length > names.length ? `${names.join(', ')}, …` : names.join(', ');
}

function tell(count: number): string {
  return count < 1e15 ? count.toLocaleString('en') : `about ${count.toExponential(1)}`;
}

/** One text for each member; those that have none are told under `includeNominalRun`. */
function nominalTexts(members: readonly Member[], drafts: readonly Draft[], problems: Problems): string[] {
  const centres = new Map<Member, string>();
  for (const draft of drafts) {
    for (const [index, member] of draft.members.entries()) {
      const value = member.settings.nominal() ?? draft.centre(index);
      if (value !== undefined) {
        centres.set(member, String(value));
      }
    }
  }
  const missing = members.filter((member) => !centres.has(member)).map(({ variable }) => variable.name);
  if (missing.length > 0 && !problems.found) {
    const names = missing.slice(0, 10).join(', ');
    const what = `There is no nominal value of ${names}${missing.length > 10 ? ' and more' : ''}`;
    const how = 'name it in jobvariables with valueGeneratorSettings {"nominal": …}.';
    problems.add(['includeNominalRun'], `${what}: ${how}`);
  }
  return members.map((member) => centres.get(member) ?? '');
}
