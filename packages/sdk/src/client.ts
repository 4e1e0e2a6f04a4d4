import { Admin } from './resources/admin.ts';
import { Analyses } from './resources/analyses.ts';
import { CoreTypes } from './resources/core-types.ts';
import { Files } from './resources/files.ts';
import { Jobs } from './resources/jobs.ts';
import { Prices } from './resources/prices.ts';
import { Projects } from './resources/projects.ts';
import { StorageDevices } from './resources/storage-devices.ts';
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
  readonly files: Files;
  readonly storageDevices: StorageDevices;
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
    this.files = new Files(this.transport);
    this.storageDevices = new StorageDevices(this.transport);
    this.admin = new Admin(this.transport);
  }

  /** Root of the platform, without a trailing slash. */
  get baseUrl(): string {
    return this.transport.baseUrl;
  }
}
