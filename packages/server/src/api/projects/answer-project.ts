import type { Queries } from '../../db/database.ts';
import { listMembers } from '../../db/queries/projects.ts';
import type { ProjectRow } from '../../db/tables.ts';
import { projectToWire } from './to-wire.ts';

/** The answer for one project, with its members. */
export async function answerProject(queries: Queries, project: ProjectRow) {
  return projectToWire(project, await listMembers(queries, project.id));
}
