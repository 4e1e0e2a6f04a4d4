import { middle } from './decimals.ts';
import type { Draft, Generator, Member } from './draft.ts';
import { agreed } from './joint.ts';

const KINDS = ['circumscribed', 'inscribed', 'faced'] as const;
const ALPHAS = ['rotatable', 'orthogonal'] as const;
/** With more variables the corners alone would be more runs than a job can have. */
const MAX_FACTORS = 16;
const MAX_CENTER_POINTS = 1000;
const MAX_ALPHA = 1000;

/**
 * Corners, axial points and centre points, in this order, for fitting a quadratic response surface: G. E. P. Box and
 * K. B. Wilson, J. Royal Statistical Society B 13 (1951) 1-45. `minvalue` and `maxvalue` are at the corners
 * (circumscribed, faced) or at the axial points (inscribed).
 */
export const centralComposite: Generator = (members) => {
  const ranges = members.map(({ settings }) => {
    settings.only(['minvalue', 'maxvalue', 'kind', 'alpha', 'centerPoints'], 'CentralComposite');
    settings.numericNominal();
    return settings.range();
  });
  const factors = members.length;
  if (factors < 2 || factors > MAX_FACTORS) {
    const why = `A CentralComposite design has 2 to ${MAX_FACTORS} variables, this one ${factors}.`;
    members[Math.min(factors - 1, MAX_FACTORS)]!.settings.fail('kind', why);
    return null;
  }
  const kind =
    agreed(members, 'kind', (settings) => settings.choice('kind', KINDS, 'circumscribed')) ?? 'circumscribed';
  const centerPoints =
    agreed(members, 'centerPoints', (settings) =>
      settings.optionalInteger('centerPoints', 0, MAX_CENTER_POINTS),
    ) ?? 1;
  const corners = 2 ** factors;
  const count = corners + 2 * factors + centerPoints;
  const alpha = readAlpha(members, kind, corners, count);
  if (members.some(({ settings }) => settings.failed)) {
    return null;
  }

  const [cornerReach, axialReach] = kind === 'inscribed' ? [1 / alpha, 1] : [1, alpha];
  const levels = ranges.map((range, index) => readLevels(range!, cornerReach, axialReach, members[index]!));
  if (levels.some((level) => level === null)) {
    return null;
  }
  const build: Draft['build'] = () => (row, member) => {
    const level = levels[member]!;
    if (row < corners) {
      return (row >>> (factors - 1 - member)) & 1 ? level.cornerHigh : level.cornerLow;
    }
    const axial = row - corners;
    if (axial >> 1 !== member || axial >= 2 * factors) {
      return level.centre;
    }
    return axial & 1 ? level.axialHigh : level.axialLow;
  };
  return { members, count, build, centre: (member) => levels[member]!.centre };
};

/** How far axial points are from the centre, where corners are 1. */
function readAlpha(members: readonly Member[], kind: string, corners: number, count: number): number {
  const holder = members.find(({ settings }) => settings.has('alpha'))?.settings;
  if (kind === 'faced') {
    holder?.fail('alpha', 'The axial points of a faced design are on its faces; leave alpha out.');
    return 1;
  }
  const alpha = agreed(members, 'alpha', (settings) => settings.numberOr('alpha', ALPHAS)) ?? 'rotatable';
  if (typeof alpha === 'number') {
    if (alpha < 1 || alpha > MAX_ALPHA) {
      holder?.fail('alpha', `Ensure this value is between 1 and ${MAX_ALPHA}.`);
    }
    return alpha;
  }
  // Myers, Montgomery and Anderson-Cook, Response Surface Methodology: F^(1/4), and the alpha that leaves the
  // estimates of quadratic terms uncorrelated, ((sqrt(N) - sqrt(F))^2 F / 4)^(1/4).
  if (alpha === 'rotatable') {
    return corners ** 0.25;
  }
  return (((Math.sqrt(count) - Math.sqrt(corners)) ** 2 * corners) / 4) ** 0.25;
}

interface Levels {
  centre: number;
  cornerLow: number;
  cornerHigh: number;
  axialLow: number;
  axialHigh: number;
}

function readLevels(
  range: { min: number; max: number },
  cornerReach: number,
  axialReach: number,
  { settings }: Member,
): Levels | null {
  const centre = middle(range);
  const half = range.max / 2 - range.min / 2;
  const [cornerLow, cornerHigh] = ends(range, centre, half, cornerReach);
  const [axialLow, axialHigh] = ends(range, centre, half, axialReach);
  if (Number.isFinite(axialLow) && Number.isFinite(axialHigh)) {
    return { centre, cornerLow, cornerHigh, axialLow, axialHigh };
  }
  settings.fail('maxvalue', 'Its axial points would be too large for numbers.');
  return null;
}

function ends(
  { min, max }: { min: number; max: number },
  centre: number,
  half: number,
  reach: number,
): [number, number] {
  return reach === 1 ? [min, max] : [centre - half * reach, centre + half * reach];
}
