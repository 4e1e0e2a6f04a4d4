import { type PlatformEventsOptions, type PlatformNews, platformEvents } from './lib/platform-events.ts';
import { Admin } from './resources/admin.ts';
import { Analyses } from './resources/analyses.ts';
import { Clusters } from './resources/clusters.ts';
import { CoreTypes } from './resources/core-types.ts';
import { Files } from './resources/files.ts';
import { JobTemplates } from './resources/job-templates.ts';
import { Jobs } from './resources/jobs/jobs.ts';
import { Prices } from './resources/prices.ts';
import { Projects } from './resources/projects.ts';
import { Sessions } from './resources/sessions.ts';
import { StorageDevices } from './resources/storage-devices.ts';
import { Tasks } from './resources/tasks.ts';
import { Usage } from './resources/usage.ts';
import { Users } from './resources/users.ts';
import { type QuarryOptions, Transport } from './transport.ts';

/**
 * A client of one platform for one user. Nothing is sent until a call is made; a client needs no closing.
 * Throws a `QuarryError` when the base URL or the key cannot be one.
 */
export class Quarry {
  /** For calls that have no method here: `platform.transport.send<typeof endpoint>(…)`. */
  readonly transport: Transport;
  readonly users: Users;
  readonly projects: Projects;
  readonly coreTypes: CoreTypes;
  readonly analyses: Analyses;
  readonly prices: Prices;
  readonly jobs: Jobs;
  readonly clusters: Clusters;
  readonly files: Files;
  readonly storageDevices: StorageDevices;
  /** Extensions of Quarry servers, as is `admin`. */
  readonly jobTemplates: JobTemplates;
  readonly tasks: Tasks;
  readonly usage: Usage;
  /** For pages of a Quarry server. */
  readonly sessions: Sessions;
  /** Extensions of Quarry servers; where they are missing they reject with an `UnknownCallError`. */
  readonly admin: Admin;

  constructor(options: QuarryOptions) {
    this.transport = new Transport(options);
    this.users = new Users(this.transport);
    this.projects = new Projects(this.transport);
    this.coreTypes = new CoreTypes(this.transport);
    this.analyses = new Analyses(this.transport);
    this.prices = new Prices(this.transport);
    this.jobs = new Jobs(this.transport);
    this.clusters = new Clusters(this.transport);
    this.files = new Files(this.transport);
    this.storageDevices = new StorageDevices(this.transport);
    this.jobTemplates = new JobTemplates(this.transport);
    this.tasks = new Tasks(this.transport);
    this.usage = new Usage(this.transport);
    this.sessions = new Sessions(this.transport);
    this.admin = new Admin(this.transport);
  }

  /**
   * What happens to everything that the user may see, as it happens: `for await (const news of platform.events())`. A
   * connection that breaks is made anew and goes on where the last one ended, each event once. It ends when the signal
   * aborts or the loop is left, and throws when the key does not hold any more. For Quarry servers.
   */
  events(options: PlatformEventsOptions = {}): AsyncGenerator<PlatformNews, void, undefined> {
    return platformEvents(this.transport, options);
  }

  /** Root of the platform, without a trailing slash. */
  get baseUrl(): string {
    return this.transport.baseUrl;
  }
}
