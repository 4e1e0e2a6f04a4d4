import type {
  ApiKey,
  ApiKeyCreation,
  addProjectMember,
  CatalogueState,
  createApiKey,
  createPasswordLink,
  createProject,
  createUser,
  DoctorRun,
  getDoctorRun,
  getServerInfo,
  getSystem,
  LoggedEvent,
  listApiKeys,
  listEvents,
  listProjects,
  listUsers,
  ManagedProject,
  ManagedUser,
  ProjectCreation,
  ProjectMemberCreation,
  ProjectUpdate,
  QueryFor,
  ResponseOf,
  removeProjectMember,
  rereadCatalogue,
  revokeApiKey,
  runDoctor,
  ServerInfo,
  SignInLink,
  SystemState,
  UserCreation,
  UserUpdate,
  updateProject,
  updateUser,
} from '@quarry/contract';
import type { CallOptions } from '../call-options.ts';
import type { Listing } from '../pagination.ts';
import type { Transport } from '../transport.ts';

/** Users, keys and projects of a Quarry server. */
export class Admin {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Name and version of the server; needs no key. */
  server(call: CallOptions = {}): Promise<ServerInfo> {
    return this.#transport.send<typeof getServerInfo>('GET', '/api/v2/server/', call);
  }

  listUsers(query: QueryFor<typeof listUsers> = {}, call: CallOptions = {}): Listing<ManagedUser> {
    return this.#transport.list<typeof listUsers>('/api/v2/users/', { query, ...call });
  }

  /** The answer holds the user's first key, shown this once. */
  createUser(user: UserCreation, call: CallOptions = {}): Promise<ResponseOf<typeof createUser>> {
    return this.#transport.send<typeof createUser>('POST', '/api/v2/users/', { body: user, ...call });
  }

  updateUser(userId: string, changes: UserUpdate, call: CallOptions = {}): Promise<ManagedUser> {
    const input = { params: { userId }, body: changes, ...call };
    return this.#transport.send<typeof updateUser>('PATCH', '/api/v2/users/:userId/', input);
  }

  /** A link by which a user sets a new password, once and within a day. */
  createPasswordLink(userId: string, call: CallOptions = {}): Promise<SignInLink> {
    const input = { params: { userId }, ...call };
    return this.#transport.send<typeof createPasswordLink>(
      'POST',
      '/api/v2/users/:userId/password-link/',
      input,
    );
  }

  /** The caller's own keys, without their secrets. */
  listKeys(query: QueryFor<typeof listApiKeys> = {}, call: CallOptions = {}): Listing<ApiKey> {
    return this.#transport.list<typeof listApiKeys>('/api/v2/users/me/api-keys/', { query, ...call });
  }

  /** The answer holds the key in full, this once. */
  createKey(key: ApiKeyCreation, call: CallOptions = {}): Promise<ResponseOf<typeof createApiKey>> {
    return this.#transport.send<typeof createApiKey>('POST', '/api/v2/users/me/api-keys/', {
      body: key,
      ...call,
    });
  }

  /** Ends one of the caller's keys at once. */
  async revokeKey(keyId: string, call: CallOptions = {}): Promise<void> {
    const input = { params: { keyId }, ...call };
    await this.#transport.send<typeof revokeApiKey>('DELETE', '/api/v2/users/me/api-keys/:keyId/', input);
  }

  /** Who did what on this server, the latest first. For administrators. */
  listEvents(query: QueryFor<typeof listEvents> = {}, call: CallOptions = {}): Listing<LoggedEvent> {
    return this.#transport.list<typeof listEvents>('/api/v2/events-log/', { query, ...call });
  }

  /** How the platform is: what is in use, what waits, disk, database, tasks, catalogue, settings. For administrators. */
  system(call: CallOptions = {}): Promise<SystemState> {
    return this.#transport.send<typeof getSystem>('GET', '/api/v2/system/', call);
  }

  /** Lets the doctor look into the data directory of the server; what it finds is told by `doctorRun`. */
  runDoctor(call: CallOptions = {}): Promise<DoctorRun> {
    return this.#transport.send<typeof runDoctor>('POST', '/api/v2/system/doctor/', call);
  }

  /** What the doctor found when it was last asked to look; it may be looking still. */
  doctorRun(call: CallOptions = {}): Promise<DoctorRun> {
    return this.#transport.send<typeof getDoctorRun>('GET', '/api/v2/system/doctor/', call);
  }

  /** Has the files of the catalogue read again, and answers what is wrong with them. */
  rereadCatalogue(call: CallOptions = {}): Promise<CatalogueState> {
    return this.#transport.send<typeof rereadCatalogue>('POST', '/api/v2/system/catalogue/', call);
  }

  listProjects(query: QueryFor<typeof listProjects> = {}, call: CallOptions = {}): Listing<ManagedProject> {
    return this.#transport.list<typeof listProjects>('/api/v2/projects/', { query, ...call });
  }

  createProject(project: ProjectCreation, call: CallOptions = {}): Promise<ManagedProject> {
    return this.#transport.send<typeof createProject>('POST', '/api/v2/projects/', {
      body: project,
      ...call,
    });
  }

  updateProject(projectId: string, changes: ProjectUpdate, call: CallOptions = {}): Promise<ManagedProject> {
    const input = { params: { projectId }, body: changes, ...call };
    return this.#transport.send<typeof updateProject>('PATCH', '/api/v2/projects/:projectId/', input);
  }

  /** Adds a user, or changes the role of one who is in it. */
  addProjectMember(
    projectId: string,
    member: ProjectMemberCreation,
    call: CallOptions = {},
  ): Promise<ManagedProject> {
    const input = { params: { projectId }, body: member, ...call };
    return this.#transport.send<typeof addProjectMember>(
      'POST',
      '/api/v2/projects/:projectId/members/',
      input,
    );
  }

  async removeProjectMember(projectId: string, userId: string, call: CallOptions = {}): Promise<void> {
    const path = '/api/v2/projects/:projectId/members/:userId/';
    await this.#transport.send<typeof removeProjectMember>('DELETE', path, {
      params: { projectId, userId },
      ...call,
    });
  }
}
