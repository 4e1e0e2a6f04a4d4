import type { getProject, listMyProjects, ManagedProject, Project, QueryFor } from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

export class Projects {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Projects that the user may charge jobs to; with `closed` those of theirs that are closed (Quarry only). */
  list(query: QueryFor<typeof listMyProjects> = {}, call: CallOptions = {}): Listing<Project> {
    return this.#transport.list<typeof listMyProjects>('/api/v2/users/me/projects/', { query, ...call });
  }

  /** A project that the user belongs to, with its members. On Quarry servers only. */
  get(projectId: string, call: CallOptions = {}): Promise<ManagedProject> {
    const input = { params: { projectId }, ...call };
    return this.#transport.send<typeof getProject>('GET', '/api/v2/projects/:projectId/', input);
  }
}
