/**
 * `node quick-check.ts DATABASE` looks for damage in the structure of a database that a server works on, and prints
 * `{"problems": [...]}`. A process of its own: it holds nothing up, and can be ended at any moment.
 */
import { constants, setPriority } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { meansDamaged, quoted, tablesOf } from './damage.ts';

const PROBLEMS_TOLD = 20;

setPriority(constants.priority.PRIORITY_LOW);
const [path] = process.argv.slice(2);
const server = process.ppid;
process.stdout.write(`${JSON.stringify({ problems: look(path!).slice(0, PROBLEMS_TOLD) })}\n`);

function look(path: string): string[] {
  const problems: string[] = [];
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.exec('PRAGMA busy_timeout = 5000');
    // Table by table: one look at all would keep the log of the database from being cut for as long as it takes.
    for (const table of tablesOf(database)) {
      // Nobody is left to be told.
      if (process.ppid !== server) {
        process.exit();
      }
      const rows = database.prepare(`PRAGMA quick_check(${quoted(table)})`).all() as Array<{
        quick_check: string;
      }>;
      const found = rows.map(({ quick_check }) => quick_check).filter((text) => text !== 'ok');
      problems.push(...found.map((text) => `${table}: ${text}`));
    }
  } catch (error) {
    if (!meansDamaged(error)) {
      throw error;
    }
    problems.push((error as Error).message);
  } finally {
    database.close();
  }
  return problems;
}
