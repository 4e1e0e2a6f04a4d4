import type { ParsedJobDefinition } from '@quarry/contract';
import type { JobInput } from '../../db/queries/write-job-inputs.ts';

/** All files a definition names, those of the job as a whole with its first tile. */
export function attachedFiles(
  definition: Pick<ParsedJobDefinition, 'jobanalyses' | 'paramFile' | 'caseFile'>,
): JobInput[] {
  const named = (tile: number, role: JobInput['role'], files: Array<{ id: string } | null>) =>
    files.flatMap((file) => (file ? [{ tile, id: file.id, role, decompress: false }] : []));
  return [
    ...definition.jobanalyses.flatMap((tile, index) => [
      ...tile.inputFiles.map(({ id, decompress }) => ({
        tile: index,
        id,
        role: 'input' as const,
        decompress,
      })),
      ...named(
        index,
        'template',
        tile.templateTasks.map(({ templateFile }) => templateFile),
      ),
      ...named(index, 'script', [tile.preProcessScript, tile.postProcessScript]),
    ]),
    ...named(0, 'param', [definition.paramFile]),
    ...named(0, 'case', [definition.caseFile]),
  ];
}
