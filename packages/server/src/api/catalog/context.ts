import type { Catalog } from '../../catalog/types.ts';
import type { SchedulerUse } from '../../schedulers/scheduler.ts';

/** What the endpoints of the catalogue are made of. */
export interface CatalogContext {
  /** The catalogue of now. */
  catalog: () => Catalog;
  /** What is given out, and to which clusters. */
  use: () => SchedulerUse;
}
