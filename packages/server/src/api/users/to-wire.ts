import type { ManagedUser, User } from '@quarry/contract';
import type { Selectable } from 'kysely';
import type { ProjectRow, UserRow, WorkspaceRow } from '../../db/tables.ts';
import { readSshKeys } from './ssh-keys.ts';

export interface UserWireContext {
  workspace: WorkspaceRow;
  projects: readonly Pick<ProjectRow, 'id' | 'name'>[];
  maxJobHours: number;
}

export function userToWire(row: Selectable<UserRow>, context: UserWireContext): User {
  const { workspace } = context;
  const sshPublicKeys = readSshKeys(row).map(({ line, comment, fingerprint }) => ({
    fingerprint,
    publicKey: comment === '' ? line : `${line} ${comment}`,
    comment,
  }));
  return {
    id: row.id,
    email: row.email,
    username: row.email,
    fullName: `${row.first_name} ${row.last_name}`.trim(),
    firstName: row.first_name,
    lastName: row.last_name,
    company: {
      code: workspace.company_code,
      name: workspace.company_name,
      projects: context.projects.map(({ id, name }) => ({ id, name })),
    },
    workspace: { id: workspace.id, name: workspace.name },
    maxJobHours: row.max_job_hours ?? context.maxJobHours,
    defaultStorage: null,
    publicKey: sshPublicKeys[0]?.publicKey ?? '',
    cidrRule: row.cidr_rule,
    sshPublicKeys,
    role: row.role,
    hasPassword: row.password_hash !== null,
  };
}

export function managedUserToWire(row: Selectable<UserRow>, context: UserWireContext): ManagedUser {
  return {
    ...userToWire(row, context),
    role: row.role,
    isActive: row.is_active === 1,
    dateJoined: row.date_inserted,
  };
}
