import type { CatalogueState, SystemState } from '@quarry/contract';
import type { DoctorRuns } from '../../watch/doctor-runs.ts';

/** What the endpoints for whoever keeps the platform are made of. */
export interface SystemContext {
  state: () => Promise<SystemState>;
  doctor: DoctorRuns;
  /** Reads the files of the catalogue again; answers what came of it. */
  rereadCatalogue: () => Promise<CatalogueState>;
}
