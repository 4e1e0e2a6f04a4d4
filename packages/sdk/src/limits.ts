/** One request, from sending to the last byte of a JSON answer. */
export const REQUEST_TIMEOUT_MS = 60_000;
/** Attempts after the first one. */
export const MAX_RETRIES = 4;
export const RETRY_FIRST_PAUSE_MS = 250;
export const RETRY_LONGEST_PAUSE_MS = 8_000;
/** A `Retry-After` beyond this is handed to the caller instead of being slept through. */
export const RETRY_AFTER_LONGEST_SECONDS = 120;
export const MAX_REDIRECTS = 5;
/** What is read of an error body; the rest is dropped. */
export const ERROR_BODY_BYTES = 256 * 1024;

/** A file or blob of at least so many bytes is uploaded in parts and can be resumed, where the platform can do that. */
export const RESUMABLE_FROM_BYTES = 16 * 1024 * 1024;
/** Requests at once of one transfer over `fetch`: browsers open six connections to a platform, and the page needs some. */
export const BROWSER_STREAMS = 4;
/** The least that a part of an upload has, but the last one; a power of two, as digests of parts need it. */
export const SMALLEST_UPLOAD_PART_BYTES = 4 * 1024 * 1024;
/** The most that a part of a blob's upload has; a power of two. */
export const LARGEST_UPLOAD_PART_BYTES = 256 * 1024 * 1024;
/** Parts that an upload is divided into, where none becomes smaller than the smallest. */
export const UPLOAD_PARTS = 64;
/** What the first request of a blob's upload carries; later ones carry more while they end soon. */
export const FIRST_PATCH_BYTES = 1024 * 1024;
/** The least that such a request carries, however slow the line is. */
export const SMALLEST_PATCH_BYTES = 256 * 1024;
/** The most that such a request carries. */
export const LARGEST_PATCH_BYTES = 16 * 1024 * 1024;
/** A request that ends sooner is followed by a larger one: each is a sync on the platform's disk. */
export const SHORT_PATCH_MS = 1000;
/** A request that takes longer is followed by a smaller one: progress is told as each ends. */
export const LONG_PATCH_MS = 4000;
/** How long an upload of the same bytes may look busy before another one is begun: a client that is gone is noticed so soon. */
export const BUSY_UPLOAD_WAIT_MS = 5000;
/** A download over `fetch` asks for so much at once, and keeps no more than a few of these in memory. */
export const SEGMENT_BYTES = 4 * 1024 * 1024;
/** Segments beyond one per stream that wait to be hashed. */
export const SPARE_SEGMENTS = 3;
/** Times that damaged bytes are sent or fetched again before it is given up. */
export const MAX_REPAIRS = 3;
/** Bytes hashed in one turn of the page: about 6 ms. */
export const HASH_SLICE_BYTES = 512 * 1024;
/** What is hashed of each end of a file to recognize it. */
export const FINGERPRINT_EDGE_BYTES = 64 * 1024;
/** A blob larger than this is collected on the browser's own disk, where it has one, and not in memory. */
export const BLOB_IN_MEMORY_BYTES = 32 * 1024 * 1024;

/** Answers that are remembered, so that a platform need only confirm them, */
export const REMEMBERED_ANSWERS = 32;
/** unless they are longer than this. */
export const REMEMBERED_CHARACTERS = 64 * 1024;

/** How long one request for the next status of a job waits at the platform. */
export const STATUS_WAIT_MS = 20_000;
/** Events of a job: after so long without a sign of life, a few heartbeats of the platform, the connection is made anew. */
export const EVENTS_SILENCE_MS = 60_000;
/** One such event; a longer one is refused. */
export const EVENT_CHARACTERS = 1024 * 1024;

export const WAIT_FIRST_INTERVAL_MS = 250;
export const WAIT_LONGEST_INTERVAL_MS = 10_000;
/** The longest pause between two looks at a task. */
export const TASK_LONGEST_INTERVAL_MS = 2000;
/** The same where the platform tells of the end of tasks. */
export const TASK_TOLD_INTERVAL_MS = 30_000;
/** How long a job may show no status at all before waiting for it is refused. */
export const WAIT_FOR_FIRST_STATUS_MS = 10_000;
/** How long `wait` bears a platform that does not answer: the job goes on without it. */
export const WAIT_OUTAGE_MS = 5 * 60_000;

/** Connections of one transfer that is not told how many to use: with so many it begins, */
export const FIRST_STREAMS = 2;
/** and with so many it stops adding. */
export const MAX_STREAMS = 16;

/** A file of at least so many bytes is asked for before it is sent alone; a smaller one is sent as fast as asked for. */
export const KNOWN_FROM_BYTES = 256 * 1024;
/** Bytes that wait in memory for their turn in the hash of an upload; what is further ahead is read again. */
export const HELD_FOR_HASH_BYTES = 32 * 1024 * 1024;
/** Bytes up to here are hashed on the spot: a thread would take longer to start. */
export const INLINE_HASH_BYTES = 8 * 1024 * 1024;
/** Pieces of memory of half a MiB that are kept for the next upload of the same program. */
export const SPARE_PIECES = 96;
/** A platform that has to read an upload again before it can answer is given time for that at this rate. */
export const FINISH_BYTES_PER_SECOND = 50 * 1024 * 1024;
/** How long bytes of a part may be refused because the platform still holds the connection that brought others. */
export const UPLOAD_LOCKED_MS = 120_000;
/** Files that one upload of directories takes. */
export const SELECTED_FILES = 1_000_000;
/** Files of a directory that are looked at together. */
export const STATS_AT_ONCE = 128;
/** Entries of an archive that is made on the fly. */
export const ARCHIVE_ENTRIES = 100_000;
/** A file of at most so many bytes travels with others in one request, where the platform can do that. */
export const BULK_FILE_BYTES = 1024 * 1024;
/** Bytes of the files of one such request, */
export const BULK_REQUEST_BYTES = 16 * 1024 * 1024;
/** and how many they are; what the contract allows. */
export const BULK_REQUEST_FILES = 1000;
/** Requests for small files at once, each with one file or with many. */
export const SMALL_FILE_REQUESTS = 4;

/** Between two looks for new outputs of a job that runs: after news this, else ever longer. */
export const SYNC_FIRST_PAUSE_SECONDS = 1;
export const SYNC_LONGEST_PAUSE_SECONDS = 15;

/** A file up to so many bytes is downloaded in one request, and begun again instead of resumed. */
export const SMALL_FILE_BYTES = 1024 * 1024;
/** Memory that a stream of a download fills before it is written and hashed, */
export const DOWNLOAD_SLOT_BYTES = 1024 * 1024;
/** and how many of these there are beyond one per stream. */
export const DOWNLOAD_SPARE_SLOTS = 16;
