import { publicNames } from './defaults/public-names.ts';
import type { Site } from './site/read-site.ts';
import type { Analysis, CoreType, OtherNames } from './types.ts';

/** What a platform that stands in for another one executes where the software is not there: the command as it stands. */
const ANY_SOFTWARE = 'user_included';

/** The names that a site gives besides its codes; where it stands in for a larger one there is no name that leads nowhere. */
export function otherNames(
  { aliases }: Site,
  { coreTypes, analyses }: { coreTypes: readonly CoreType[]; analyses: readonly Analysis[] },
  standIn: OtherNames['standIn'],
): OtherNames {
  const isPublic = aliases.publicNames || standIn !== null;
  const known = publicNames(coreTypes.filter(({ available }) => available));
  const ofCoreTypes = { ...(isPublic && known.coreTypes), ...aliases.coreTypes };
  const ofAnalyses = { ...(isPublic && known.analyses), ...aliases.analyses };
  const codes = new Set(coreTypes.map(({ code }) => code));
  const software = new Set(analyses.map(({ code }) => code));
  const find = (names: Record<string, string>, code: string) =>
    Object.hasOwn(names, code) ? names[code]! : code;
  return {
    coreType: (code) => {
      const here = codes.has(code) ? code : find(ofCoreTypes, code);
      return standIn !== null && !codes.has(here) ? (known.general ?? here) : here;
    },
    analysis: (code) => {
      const here = software.has(code) ? code : find(ofAnalyses, code);
      return standIn !== null && !software.has(here) ? ANY_SOFTWARE : here;
    },
    anyVersion: isPublic || aliases.anyVersion,
    standIn,
  };
}
