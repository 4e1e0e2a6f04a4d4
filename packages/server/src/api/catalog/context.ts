import type { Catalog } from '../../catalog/types.ts';

/** What the endpoints of the catalogue are made of. */
export interface CatalogContext {
  /** The catalogue of now. */
  catalog: () => Catalog;
}
