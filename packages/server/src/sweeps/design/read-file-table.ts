import type { ParsedJobDefinition } from '@quarry/contract';
import { isOfPlatform, Problem } from '../../problems.ts';
import type { ReadFile } from '../read-file.ts';
import type { Draft, Member } from './draft.ts';
import type { Problems } from './problems.ts';
import { readTable, type Table, type TableLimits, TableProblem } from './read-table.ts';

/** Bounds of a plan; `LIMITS` has them all. */
export interface PlanLimits extends TableLimits {
  valuesPerJob: number;
  paramFileBytes: number;
}

export type FileField = 'caseFile' | 'paramFile';

/** Reads the table that a definition names, if it does; null when it has none or `problems` was told why not. */
export async function readFileTable(
  field: FileField,
  definition: Pick<ParsedJobDefinition, FileField>,
  readFile: ReadFile,
  limits: PlanLimits,
  { problems, warn }: { problems: Problems; warn: (text: string) => void },
): Promise<Table | null> {
  const reference = definition[field];
  if (reference === null) {
    return null;
  }
  try {
    const table = await readTable(await readFile(reference.id, limits.paramFileBytes), limits);
    for (const note of table.notes) {
      warn(`${field}: ${note}`);
    }
    return table;
  } catch (error) {
    const why = reasonOf(error);
    if (why === undefined) {
      throw error;
    }
    problems.add([field], why);
    return null;
  }
}

/** What to tell the client; undefined for what is not the client's to mend. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof TableProblem) {
    return error.message;
  }
  if (!(error instanceof Problem) || isOfPlatform(error) || error.detail === null) {
    return undefined;
  }
  return error.hint === null ? error.detail : `${error.detail} ${error.hint}`;
}

/** A row for each row of the table; `members` are its columns, in any order. */
export function tableDraft(table: Table, members: readonly Member[]): Draft {
  const columns = members.map(({ variable }) => table.names.indexOf(variable.name));
  return {
    members,
    count: table.rows.length,
    build: () => {
      // Runs are asked for one after another, and every text of a row with its first.
      let split = { row: -1, texts: [] as string[] };
      return (row, member) => {
        if (split.row !== row) {
          split = { row, texts: table.rows[row]!.split('\0') };
        }
        return split.texts[columns[member]!]!;
      };
    },
    centre: () => undefined,
  };
}
