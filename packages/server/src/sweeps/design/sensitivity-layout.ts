import type { ParsedJobDefinition } from '@quarry/contract';
import { LIMITS } from '../../limits.ts';
import { draftVariables } from './draft-variables.ts';
import type { SensitivityLayout } from './layout.ts';
import { Problems } from './problems.ts';

/**
 * Which runs of a planned definition are which of its Saltelli or Morris design. Null where there is no such design,
 * or where something else varies too, so that the design's rows are not the job's runs. A nominal run comes after
 * the design's rows.
 */
export function sensitivityLayout(
  definition: Pick<
    ParsedJobDefinition,
    'paramFile' | 'caseFile' | 'jobvariables' | 'optimizer' | 'monteCarloIterations'
  >,
): SensitivityLayout | null {
  if (definition.paramFile || definition.caseFile || definition.optimizer) {
    return null;
  }
  const problems = new Problems();
  const source = {
    jobvariables: definition.jobvariables,
    tables: { paramFile: null, caseFile: null },
    unread: false,
    context: { iterations: definition.monteCarloIterations, maxRows: LIMITS.runsPerJob },
    warn: () => {},
  };
  const { drafts } = draftVariables(source, problems);
  const layouts = drafts.map(({ layout }) => layout).filter((layout) => layout !== undefined);
  const others = drafts.filter(({ layout, count }) => layout === undefined && count > 1);
  return problems.found || layouts.length !== 1 || others.length > 0 ? null : layouts[0]!;
}
