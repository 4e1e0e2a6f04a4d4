/** Largest catalogue file that is read, in bytes. */
export const MAX_CATALOG_FILE_BYTES = 1024 * 1024;
/** Most catalogue files in one directory. */
export const MAX_CATALOG_FILES = 100;
/** Mistakes that are told in words at once; the rest is counted. */
export const MAX_PROBLEMS_SHOWN = 100;
/** Longest name, code or path in a catalogue, in characters. */
export const MAX_NAME_CHARACTERS = 255;
/** Longest description, end user licence or command template, in characters. */
export const MAX_TEXT_CHARACTERS = 20_000;
/** Most cores that one size of a core type may name. */
export const MAX_CORES_PER_SIZE = 1_000_000;
/** Highest price of a core for one hour, in units of its currency. */
export const MAX_PRICE_PER_CORE_HOUR = 1_000_000;

/** How long a program may take to tell its version, in milliseconds. */
export const PROBE_TIMEOUT_MS = 2_000;
/** How long `nvidia-smi` may take, which wakes the driver up, in milliseconds. */
export const GPU_PROBE_TIMEOUT_MS = 10_000;
/** How long the output of a program that ended may be held open by what it started, in milliseconds. */
export const PROBE_GRACE_MS = 200;
/** How much of what a program says about its version is kept, in bytes. */
export const PROBE_OUTPUT_BYTES = 64 * 1024;
/** Programs that are asked for their version at the same time. */
export const PROBE_CONCURRENCY = 4;
/** How long the login shell may take to tell its MODULEPATH, in milliseconds. */
export const LOGIN_SHELL_TIMEOUT_MS = 5_000;
/** Directories of module files that are looked into, and how deep below a MODULEPATH entry. */
export const MAX_MODULE_DIRECTORIES = 5_000;
export const MAX_MODULE_DEPTH = 3;
/** Versions of one software taken over from module files. */
export const MAX_MODULE_VERSIONS = 50;
/** Largest cache of scan results that is read, in bytes. */
export const MAX_SCAN_CACHE_BYTES = 4 * 1024 * 1024;

/** Quiet time after a change in the directory before it is read again, in milliseconds. */
export const WATCH_DEBOUNCE_MS = 100;
/** How often the directory is looked at where the file system tells no changes, in milliseconds. */
export const WATCH_POLL_MS = 2_000;
