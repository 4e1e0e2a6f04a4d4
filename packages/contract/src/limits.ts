/**
 * Limits that belong to the wire: what a field may hold, on any server that speaks this contract. Limits of the
 * transport (body size, JSON depth, archives, logs) belong to the server. Lengths are in characters unless named.
 */
/** Characters of the name of a job, project, user or key. */
export const MAX_NAME_LENGTH = 255;
/** The name of a file, in UTF-8. */
export const MAX_FILE_NAME_BYTES = 255;
/** Characters of a path inside the work directory. */
export const MAX_RELATIVE_PATH_LENGTH = 4096;
/** Characters of a command; it travels in a script file, so the kernel's limit of arguments does not apply. */
export const MAX_COMMAND_LENGTH = 262_144;
/** Characters of a description. */
export const MAX_DESCRIPTION_LENGTH = 65_536;
/** Characters of any text that has no limit of its own. */
export const MAX_TEXT_LENGTH = 65_536;
/** Characters of the text that a list is searched for. */
export const MAX_SEARCH_LENGTH = 255;
/** Environment variables of one analysis. */
export const MAX_ENVIRONMENT_VARIABLES = 1000;
/** Characters of the name of an environment variable. */
export const MAX_ENVIRONMENT_NAME_LENGTH = 255;
/** Characters of its value: Linux refuses a single environment string longer than 128 KiB. */
export const MAX_ENVIRONMENT_VALUE_LENGTH = 130_000;
/** Analyses in a definition, before the limits of the server. */
export const MAX_JOB_ANALYSES = 100;
/** Input files of one analysis. */
export const MAX_INPUT_FILES = 10_000;
/** Tags of one job. */
export const MAX_TAGS = 100;
/** Characters of a tag. */
export const MAX_TAG_LENGTH = 255;
/** Jobs that one job starts after. */
export const MAX_DEPENDENCIES = 1000;
/** Custom fields of one job. */
export const MAX_CUSTOM_FIELDS = 100;
/** All of them together, written as JSON. */
export const MAX_CUSTOM_FIELDS_LENGTH = 262_144;
/** Variables of one job. */
export const MAX_JOB_VARIABLES = 1000;
/** Templates of one analysis. */
export const MAX_TEMPLATE_TASKS = 1000;
/** Storage devices of one job. */
export const MAX_STORAGE_DEVICES = 25;
/** Filters of the outputs of one job. */
export const MAX_FILTERS = 1000;
/** Automations of one job. */
export const MAX_AUTOMATIONS = 100;
/** Features of one set of licence features. */
export const MAX_LICENSE_FEATURES = 1000;
/** Cores per slot, before what the core type offers. */
export const MAX_CORES_PER_SLOT = 1_000_000;
/** Slots of a job. */
export const MAX_SLOTS = 100_000;
/** Hours of walltime: a hundred years, since the account's `maxJobHours` is what really bounds a job. */
export const MAX_WALLTIME_HOURS = 876_000;
/** Random draws of one job. */
export const MAX_MONTE_CARLO_ITERATIONS = 1_000_000;
/** Jobs of one bulk request. */
export const MAX_BULK_JOBS = 1000;
/** Files of one bulk request. */
export const MAX_BULK_FILES = 1000;
/** Seconds that a request may ask to wait for news. */
export const MAX_WAIT_SECONDS = 55;
/** Patterns of paths in one list. */
export const MAX_SNAPSHOT_GLOBS = 100;
/** Minutes between two snapshots of a run: ten weeks. */
export const MAX_SNAPSHOT_MINUTES = 100_800;
/** Snapshots of each kind that are kept of a run. */
export const MAX_SNAPSHOTS_KEPT = 100;
/** Runs named in one request. */
export const MAX_RUNS_LISTED = 100_000;
/** Columns of results named in one request. */
export const MAX_COLUMNS_LISTED = 1000;
/** Conditions on runs in one request. */
export const MAX_RUN_CONDITIONS = 20;
/** Characters of an `Idempotency-Key`. */
export const MAX_IDEMPOTENCY_KEY_LENGTH = 255;
/** Items on a page; a larger `page_size` gets this many. */
export const MAX_PAGE_SIZE = 1000;
/** Lines that `tail` is asked for. */
export const MAX_TAIL_LINES = 10_000;
/** Default page sizes of the two versions, applied where a request names none. */
export const DEFAULT_PAGE_SIZE = { v2: 10, v3: 25 } as const;
/** SSH keys of one user. */
export const MAX_SSH_KEYS = 50;
/** Characters of a line with an SSH key: twice what one of RSA with 16,384 bits needs, and a comment. */
export const MAX_SSH_KEY_LENGTH = 8192;
/** Most points of a preview. */
export const MAX_PREVIEW_POINTS = 1000;
/** Most files whose content a preview brings with it. */
export const MAX_PREVIEW_CONTENTS = 100;
/** Minutes for which a persistent cluster may be without a job: a week. */
export const MAX_CLUSTER_IDLE_MINUTES = 10_080;
/** Outputs that an agent on a disk of its own asks about, or brings, in one request. */
export const MAX_DELIVERIES = 1000;
/** Bytes of the small ones among them that it brings in one. */
export const MAX_DELIVERY_BATCH_BYTES = 8 * 1024 * 1024;
/** Fields of the form of a job template. */
export const MAX_TEMPLATE_FIELDS = 100;
/** Characters of the name of such a field. */
export const MAX_FIELD_NAME_LENGTH = 64;
/** Characters of what a field says about itself. */
export const MAX_FIELD_HELP_LENGTH = 2000;
/** Choices of a field. */
export const MAX_FIELD_OPTIONS = 1000;
/** Steps of the path from a definition to what a field sets. */
export const MAX_TARGET_STEPS = 20;
/** Definition of a job template, as JSON. */
export const MAX_TEMPLATE_DEFINITION_LENGTH = 1_048_576;
