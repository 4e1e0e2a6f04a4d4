import type { Access } from '@quarry/contract';
import type { Role } from '../db/tables.ts';

/** Who stands behind a request. A job's own key acts for the job's owner; an agent serves one cluster. */
export type Caller =
  | { kind: 'anonymous' }
  | ({ kind: 'user'; credential: Credential } & Person)
  | ({ kind: 'job'; credential: Credential; jobId: string } & Person)
  | ({ kind: 'agent'; clusterId: string; jobId: string } & Person);

/** What let a caller in; with its end, what was made by it for others ends too. */
export interface Credential {
  kind: 'key' | 'session';
  id: string;
}

export interface Person {
  userId: string;
  email: string;
  role: Role;
  workspaceId: string;
}

const RANK: Record<Role, number> = { member: 0, manager: 1, admin: 2 };
const NEEDED: Record<Exclude<Access, 'public' | 'agent'>, number> = { user: 0, manager: 1, admin: 2 };

/**
 * Whether a caller may use an endpoint at all. A job's key never manages people, keys or projects, whoever
 * owns the job, because a command's environment is easier to read than a person's keyring.
 */
export function mayCall(caller: Caller, access: Access, alsoAgents = false): boolean {
  if (access === 'public') {
    return true;
  }
  switch (caller.kind) {
    case 'anonymous':
      return false;
    case 'agent':
      return access === 'agent' || alsoAgents;
    case 'job':
      return access === 'user';
    case 'user':
      return access !== 'agent' && RANK[caller.role] >= NEEDED[access];
  }
}

/**
 * The person behind a caller; endpoints that need one are never reached by an anonymous caller. What a job or an
 * agent carries reaches what is its owner's, not what the owner's role reaches beyond that.
 */
export function person(caller: Caller): Person {
  if (caller.kind === 'anonymous') {
    throw new Error('An endpoint for people was reached without credentials.');
  }
  return caller.kind === 'user' ? caller : { ...caller, role: 'member' };
}

/** Whether the caller's own role reaches everybody's jobs and files. */
export function seesEverything(caller: Caller): boolean {
  return caller.kind === 'user' && caller.role === 'admin';
}
