/**
 * Limits that belong to the wire: what a field may hold, on any server that speaks this contract. Limits of the
 * transport (body size, JSON depth, archives, logs) belong to the server. Lengths are in characters unless named.
 */
export const MAX_NAME_LENGTH = 255;
export const MAX_FILE_NAME_BYTES = 255;
export const MAX_RELATIVE_PATH_LENGTH = 4096;
/** Commands travel in a script file, not as one argument, so the kernel's argument limit does not apply. */
export const MAX_COMMAND_LENGTH = 262_144;
export const MAX_DESCRIPTION_LENGTH = 65_536;
/** Bounds every string that has no limit of its own. */
export const MAX_TEXT_LENGTH = 65_536;
export const MAX_SEARCH_LENGTH = 255;
export const MAX_ENVIRONMENT_VARIABLES = 1000;
export const MAX_ENVIRONMENT_NAME_LENGTH = 255;
/** Linux refuses a single environment string longer than 128 KiB. */
export const MAX_ENVIRONMENT_VALUE_LENGTH = 130_000;
export const MAX_JOB_ANALYSES = 100;
export const MAX_INPUT_FILES = 10_000;
export const MAX_TAGS = 100;
export const MAX_TAG_LENGTH = 255;
export const MAX_JOB_VARIABLES = 1000;
export const MAX_TEMPLATE_TASKS = 1000;
export const MAX_FILTERS = 1000;
export const MAX_AUTOMATIONS = 100;
export const MAX_LICENSE_FEATURES = 1000;
export const MAX_CORES_PER_SLOT = 1_000_000;
export const MAX_SLOTS = 100_000;
/** A hundred years; the account's `maxJobHours` is what really bounds a job. */
export const MAX_WALLTIME_HOURS = 876_000;
export const MAX_MONTE_CARLO_ITERATIONS = 1_000_000;
export const MAX_PAGE_SIZE = 1000;
export const MAX_TAIL_LINES = 10_000;
/** Default page sizes of the two versions, applied where a request names none. */
export const DEFAULT_PAGE_SIZE = { v2: 10, v3: 25 } as const;
