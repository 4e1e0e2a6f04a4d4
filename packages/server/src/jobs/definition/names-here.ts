import type { ParsedJobDefinition } from '@quarry/contract';
import type { Catalog } from '../../catalog/types.ts';
import { gpusPerSlot } from './columns.ts';

type Tile = ParsedJobDefinition['jobanalyses'][number];

/** A definition whose core types and software have the codes of this site; `warn` hears of what was called otherwise. */
export function inNamesOfHere<Definition extends Pick<ParsedJobDefinition, 'jobanalyses'>>(
  definition: Definition,
  catalog: Catalog,
  warn: (text: string) => void,
): Definition {
  const said = new Set<string>();
  const once = (text: string) => {
    if (!said.has(text)) {
      said.add(text);
      warn(text);
    }
  };
  const jobanalyses = definition.jobanalyses.map((tile) => ({
    ...tile,
    analysis: analysisHere(tile.analysis, catalog, once),
    hardware: hardwareHere(tile.hardware, catalog, once),
  }));
  return { ...definition, jobanalyses };
}

function analysisHere(
  analysis: Tile['analysis'],
  catalog: Catalog,
  warn: (text: string) => void,
): Tile['analysis'] {
  const { otherNames } = catalog;
  const code = otherNames.analysis(analysis.code);
  const newest = catalog.version(code);
  if (code !== analysis.code && newest !== undefined) {
    warn(`The software "${analysis.code}" is "${code}" here.`);
  }
  const { version } = analysis;
  if (!version || newest === undefined || catalog.version(code, version) || !otherNames.anyVersion) {
    return { ...analysis, code };
  }
  warn(
    `"${code}" is not offered as "${version}" here; the newest version, "${newest.code}", stands in for it.`,
  );
  return { ...analysis, code, version: newest.code };
}

/** The core type by its code here, and what is said of slots that are larger than the host. */
function hardwareHere(
  asked: Tile['hardware'],
  catalog: Catalog,
  warn: (text: string) => void,
): Tile['hardware'] {
  const { otherNames } = catalog;
  const hardware = { ...asked, coreType: otherNames.coreType(asked.coreType) };
  const { coreType, coresPerSlot } = hardware;
  const isOffered = catalog.coreType(coreType) !== undefined;
  if (coreType !== asked.coreType && isOffered) {
    warn(`The core type "${asked.coreType}" is "${coreType}" here.`);
  }
  const { standIn } = otherNames;
  if (standIn === null || !isOffered) {
    return hardware;
  }
  if (coresPerSlot > standIn.cores) {
    warn(
      `This host stands in for a larger platform: a slot of ${coresPerSlot} cores has the ${standIn.cores} that there are.`,
    );
  }
  const gpus = gpusPerSlot(catalog, hardware);
  if (gpus > standIn.gpus) {
    warn(
      `This host stands in for a larger platform: a slot with ${gpus} GPUs has ${standIn.gpus === 0 ? 'none' : standIn.gpus}.`,
    );
  }
  return hardware;
}
