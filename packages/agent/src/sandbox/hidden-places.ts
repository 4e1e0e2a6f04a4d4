import { lstatSync, realpathSync } from 'node:fs';

/** What no command of this cluster may see, by true paths. */
export interface HiddenPlaces {
  directories: string[];
  files: string[];
}

/** Resolves what is to be hidden; what does not exist is left out. */
export function findHiddenPlaces(hiddenPaths: string[]): HiddenPlaces {
  const places: HiddenPlaces = { directories: [], files: [] };
  for (const path of new Set(hiddenPaths)) {
    try {
      const real = realpathSync(path);
      if (real !== '/') {
        (lstatSync(real).isDirectory() ? places.directories : places.files).push(real);
      }
    } catch {
      // Not on this host.
    }
  }
  // A directory inside another hidden one is gone with it, and bubblewrap would have to make it first.
  const isInside = (path: string, directory: string) => path.startsWith(`${directory}/`);
  places.directories = places.directories.filter(
    (path) => !places.directories.some((other) => isInside(path, other)),
  );
  places.files = places.files.filter(
    (path) => !places.directories.some((directory) => isInside(path, directory)),
  );
  return places;
}
