import type { ManagedProject, Project, ProjectRole } from '@quarry/contract';
import type { OwnProject } from '../../db/queries/projects.ts';
import type { Bit, ProjectRow } from '../../db/tables.ts';

type Member = { userId: string; email: string; is_manager: Bit };

/** A project with its members. */
export function projectToWire(row: ProjectRow, members: readonly Member[]): ManagedProject {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    isActive: row.is_active === 1,
    isDefault: row.is_default === 1,
    remainingAmounts: [],
    dateInserted: row.date_inserted,
    members: members.map(({ userId, email, is_manager }) => ({
      userId,
      email,
      role: roleOf(is_manager),
    })),
  };
}

/** A project as those see it who belong to it. */
export function ownProjectToWire(row: OwnProject): Project {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    isActive: row.is_active === 1,
    role: row.is_manager === null ? null : roleOf(row.is_manager),
    isDefault: row.is_default === 1,
    remainingAmounts: [],
  };
}

function roleOf(isManager: Bit): ProjectRole {
  return isManager === 1 ? 'manager' : 'member';
}
