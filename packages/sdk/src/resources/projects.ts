import type { listMyProjects, Project, QueryFor } from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

export class Projects {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Projects that the user may charge jobs to. */
  list(query: QueryFor<typeof listMyProjects> = {}, call: CallOptions = {}): Listing<Project> {
    return this.#transport.list<typeof listMyProjects>('/api/v2/users/me/projects/', { query, ...call });
  }
}
