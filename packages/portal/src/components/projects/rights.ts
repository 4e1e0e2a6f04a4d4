import type { ManagedProject, User } from '@quarry/sdk';

/** What somebody is in a project, and whether they see all of it and may change it, as the server decides it. */
export function rightsIn(
  { members }: Pick<ManagedProject, 'members'>,
  { id, role: roleOnSite }: Pick<User, 'id' | 'role'>,
) {
  const role = members.find(({ userId }) => userId === id)?.role ?? null;
  return {
    role,
    isManaging: roleOnSite === 'admin' || (roleOnSite === 'manager' && role === 'manager'),
  };
}
