import { CatalogError } from './catalog-error.ts';
import { type LoadOptions, loadCatalog } from './load-catalog.ts';
import type { Catalog } from './types.ts';
import { type DirectoryWatch, type WatchOptions, watchDirectory } from './watch-directory.ts';

/**
 * Loads the catalogue anew when its files change, without a restart. With mistakes in a file `onError` hears
 * of them, once for each change, and nothing else happens: the catalogue in use stays.
 */
export function watchCatalog(
  options: LoadOptions & WatchOptions,
  onChange: (catalog: Catalog) => void,
  onError: (error: Error) => void,
): DirectoryWatch {
  const reload = async () => {
    let catalog: Catalog;
    try {
      catalog = await loadCatalog(options);
    } catch (error) {
      return onError(asCatalogError(error, options.directory));
    }
    onChange(catalog);
  };
  return watchDirectory(options.directory, reload, options);
}

/** A directory that cannot be read is a mistake of the site as well; anything else is told as it is. */
export function asCatalogError(error: unknown, directory: string): Error {
  if (!(error instanceof Error)) {
    return new Error(String(error));
  }
  if (error instanceof CatalogError || !('code' in error)) {
    return error;
  }
  const message = `cannot be read: ${error.message}`;
  return new CatalogError([{ file: directory, line: 1, field: '', message }]);
}
