import type { ManagedProject } from '@quarry/contract';
import type { Bit, ProjectRow } from '../../db/tables.ts';

type Member = { userId: string; email: string; is_manager: Bit };

/** A project as its managers see it. */
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
      role: is_manager ? ('manager' as const) : ('member' as const),
    })),
  };
}

/** A project as those see it who may create jobs in it. */
export function ownProjectToWire(row: ProjectRow) {
  return { id: row.id, name: row.name, isDefault: row.is_default === 1, remainingAmounts: [] };
}
