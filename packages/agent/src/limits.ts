/** Every limit of the agent that is not in the cluster file, by name. Times end in their unit. */

/** How long the server may hold an exchange that has nothing new. */
export const POLL_SECONDS = 30;
/** A poll that is answered sooner than this without any runs is not repeated before, so that no server is flooded. */
export const POLL_LEAST_MS = 100;
/** An exchange without an answer this long after it was due is given up and repeated. */
export const EXCHANGE_OVERDUE_MS = 20_000;
/** Back-off while the server is away: doubles from the first to the last, with jitter. */
export const BACKOFF_FIRST_MS = 50;
export const BACKOFF_LAST_MS = 5_000;
/** While runs wait for a slot, events are sent no more often than this, so that many short runs share an exchange. */
export const BUSY_EXCHANGE_MS = 25;
/** An exchange carries at most this many events and about this many bytes of them. */
export const EVENTS_PER_EXCHANGE = 500;
export const EVENT_BYTES_PER_EXCHANGE = 4 * 1024 * 1024;
/** Space set aside for the journal, and how often it is tried to set it aside again. */
export const JOURNAL_RESERVE_BYTES = 1024 * 1024;
export const RESERVE_PAUSE_MS = 60_000;
/** The largest answer that is read: hundreds of runs, each with commands of up to a megabyte. */
export const ANSWER_BYTES = 512 * 1024 * 1024;
/** Runs kept waiting beside those that execute, so that no slot idles for a round trip. */
export const WAITING_RUNS = 256;
/** Unless fewer runs than this are waiting, no more are asked for: few large batches cost less than many small ones. */
export const WAITING_RUNS_LEAST = 128;
/** Named pipes that are made together for what people do who have logged in: eight sessions or connections. */
export const SSH_PIPES_AT_ONCE = 32;
/** With nothing left to do and no server for this long, the agent leaves; its journal stays readable. */
export const ORPHAN_SECONDS = 3_600;
/** The same while outputs wait to be delivered, where the server has not said how long: a long weekend. */
export const UNDELIVERED_SECONDS = 72 * 3_600;
/** How long an agent that was told to end (SIGTERM) tries to hand over its last events. */
export const LAST_WORDS_MS = 10_000;

/** A command up to this size is an argument of bash (Linux allows 128 KiB), a larger one a script file. */
export const COMMAND_ARGUMENT_BYTES = 96 * 1024;
/** So many bytes behind a zip archive are left out; one with more behind it is not found. */
export const ZIP_TRAILING_BYTES = 1024 * 1024;
/** When a command has failed, so many files that it names are looked at for Windows line ends, and so much of each. */
export const SCRIPTS_LOOKED_AT = 20;
export const SCRIPT_HEAD_BYTES = 4096;
/** After a command has ended, how long its output may still be held open before the pipe is given up. */
export const OUTPUT_DRAIN_MS = 2_000;
/** Rounds of finding and killing processes that escaped their group; each round sees the forks of the one before. */
export const LEFTOVER_ROUNDS = 20;
/** Between full scans for escaped processes only processes that are new are looked at. */
export const LEFTOVER_FULL_SCAN_MS = 10_000;
/** A command that took no longer, while no more processes than this were started, is known by their numbers. */
export const SHORT_COMMAND_MS = 1_000;
export const SHORT_COMMAND_PROCESSES = 100;
/** Pauses between looks at a command's memory; the last one again and again. */
export const MEMORY_SAMPLES_MS = [10, 30, 100, 300, 1_000];
/** Seconds between two samples of what a run uses, where the cluster file has no word of it. */
export const USAGE_SAMPLE_SECONDS = 10;
/** Samples that are kept while the server is away; beyond it every second one is dropped. */
export const UNSENT_SAMPLES = 5_000;
/** Samples that an exchange carries. */
export const SAMPLES_PER_EXCHANGE = 5_000;
/** A work directory that takes longer to look at is not looked at again: its size stays unknown. */
export const DISK_LOOK_MS = 30_000;
/** Looking at the size of work directories rests so many times as long as it takes. */
export const DISK_LOOK_SHARE = 50;
/** Where nobody but the agent bounds it, looks are closer: as if what is left were filled at this speed, 2 GiB in a second, but not closer than this. */
export const MEMORY_GROWTH_BYTES_PER_MS = 2 * 1024 * 1024;
export const MEMORY_WATCH_MS = 20;
/** The share of a processor that such looks may take. */
export const MEMORY_LOOK_SHARE = 0.02;
/** For so long the count of processes that the host has ended for want of memory is taken for the present one. */
export const OOM_KILLS_KNOWN_MS = 1_000;
/** Levels of cgroups, and cgroups in all, among which those of an agent that died are looked for. */
export const CGROUP_DEPTH = 20;
export const CGROUPS_SEARCHED = 100_000;
/** Between tries to remove the cgroup of a slot whose processes are just being taken away. */
export const CGROUP_REMOVAL_PAUSES_MS = [0, 1, 5, 20, 100, 500, 1_000];
/** The end of the log that is quoted when a command fails. */
export const QUOTED_LOG_BYTES = 2_048;
export const QUOTED_LOG_LINES = 8;
/** The longest output of the modules' start-up that is kept. */
export const MODULE_OUTPUT_BYTES = 4 * 1024 * 1024;
export const MODULE_LOAD_MS = 120_000;

/** Inputs up to this size are copied at once; larger ones beside other work. */
export const INLINE_COPY_BYTES = 256 * 1024;
/** How long an input's download is tried again without a single byte, while the server is away. */
export const INPUT_RETRY_MS = 3_600_000;
/** And how often when what arrives is not what was stored. */
export const INPUT_ATTEMPTS = 5;
export const INPUT_STALL_MS = 60_000;

/** A template's file, and how many placeholders it may hold. */
export const TEMPLATE_BYTES = 64 * 1024 * 1024;
export const TEMPLATE_PLACEHOLDERS = 100_000;
/** Parentheses and defaults inside one another in a placeholder. */
export const TEMPLATE_NESTING = 20;
/** What a template may become. */
export const RENDERED_BYTES = 128 * 1024 * 1024;
/** Templates that are kept read: those used last, up to this many bytes of their files. */
export const TEMPLATE_CACHE_BYTES = 64 * 1024 * 1024;

/** Variables that the post-process scripts of a run may print, and the bytes of the lines that hold them. */
export const OUTPUT_VARIABLES = 10_000;
export const OUTPUT_VARIABLE_BYTES = 1024 * 1024;

/** Link targets inside archives. */
export const LINK_TARGET_BYTES = 4_096;

/** Outputs up to this total are hashed in the main thread: a worker takes 20 ms to start. */
export const INLINE_HASH_BYTES = 4 * 1024 * 1024;
export const HASH_BUFFER_BYTES = 1024 * 1024;
/** Files that are hashed and flushed at the same time. */
export const PARALLEL_FLUSHES = 16;
/** Outputs beyond this size are hashed when all others are. */
export const LARGE_OUTPUT_BYTES = 64 * 1024 * 1024;
/** Names listed one by one among what could not be kept; the rest is counted. */
export const SKIPPED_ENTRIES = 100;
/** Of a path that is listed there; its end tells more. */
export const SKIPPED_PATH_CHARACTERS = 1_000;
/** How often is told how far the hashing of outputs is. */
export const COLLECT_PROGRESS_MS = 5_000;

/** Files on a line of the record of a run. */
export const RECORD_LINE_ENTRIES = 1_000;
/** What a copy of the outputs of a run whose agent died leaves free on the disk, unless it shares their bytes. */
export const COPY_SPARE_BYTES = 64 * 1024 * 1024;
/** How often an agent that is to collect such outputs looks whether another one that is at it has ended. */
export const SALVAGE_LOOK_MS = 200;

/** How long the making of a user namespace for the sandbox may take. */
export const NAMESPACE_MS = 5_000;
/** How long a slot's sandbox may take to come up. */
export const SANDBOX_MS = 10_000;

/** What a launcher may say without ending the line, before it is taken for broken. */
export const LAUNCHER_TEXT_BYTES = 64 * 1024;
/** The end of what a launcher, or the sandbox around it, says on its standard error. */
export const LAUNCHER_WORDS_BYTES = 2_048;
/** Between two looks at whether processes that were killed are gone, from the first to the last. */
export const GONE_LOOKS_MS = [1, 2, 5, 10, 20, 50, 100];
/** Processes that are still there so long after SIGKILL get an ordinary priority, in case they starve. */
export const STARVING_MS = 1_000;
/** Requests of the server whose ids are remembered, so that none is done twice. */
export const REQUESTS_REMEMBERED = 10_000;
/** Runs that have ended whose directories are known to whoever asks for their files. */
export const ENDED_RUNS_REMEMBERED = 1_000;
/** Answers about files of runs that are made and sent at the same time; a part of the connections to the server. */
export const ANSWERS_AT_ONCE = 4;
/** What one of them may have of a file. */
export const ASKED_READ_BYTES = 1024 * 1024;
/** Snapshots that are taken at the same time for a server that does not see the disk, and for how long they stay unasked for. */
export const SNAPSHOTS_AT_ONCE = 2;
export const SNAPSHOT_IDLE_MS = 600_000;
/** Files that are kept open for whoever asks again, and for how long after he did. */
export const ASKED_FILES_OPEN = 256;
export const ASKED_FILE_IDLE_MS = 30_000;
/** How long a look at a file may be held back while nothing changes, and the time between two looks meanwhile. */
export const ASKED_WAIT_MS = 5_000;
export const LOOK_AT_FILE_MS = 100;
/** An answer that has not arrived after this time is sent again, after these pauses; then nobody waits for it any more. */
export const ANSWER_OVERDUE_MS = 30_000;
export const ANSWER_PAUSES_MS = [100, 500, 2_000, 5_000];
/** Between two looks at whether a run that is being stopped has ended. */
export const STOPPING_LOOK_MS = 50;
/** And between the look that found nothing left and the one that confirms it. */
export const EMPTY_LOOK_MS = 10;
/** A command that could not be started for want of processes or memory is tried again for so long, with growing pauses. */
export const START_RETRY_MS = 120_000;
export const START_PAUSES_MS = [50, 100, 200, 500, 1_000, 2_000, 5_000];
/** How willingly Linux ends a command when memory runs out, from -1,000 to 1,000: before agents and the server. */
export const COMMAND_OOM_SCORE = 800;
/** Open files and processes of one run at a time, where the cluster file has no word of them. */
export const OPEN_FILES = 65_536;
export const PROCESSES = 4_096;

/** SSH connections to a cluster at a time, and those among them that have not logged in; further ones are closed at once. */
export const SSH_CONNECTIONS = 64;
export const SSH_LOGINS = 32;
/** How long a login may take, and how many keys may be tried meanwhile. */
export const SSH_LOGIN_MS = 20_000;
export const SSH_FAILED_KEYS = 10;
/** To so many processes a connection is handed, one after another, when they die before they have taken it. */
export const SSH_HANDOVERS = 2;
/** Sessions of one connection, and of a cluster, at a time. */
export const SSH_SESSIONS_PER_CONNECTION = 16;
export const SSH_SESSIONS = 64;
/** Sizes of its window and signals that a session has not read yet: of sizes the last one waits beyond it, signals are refused. */
export const SSH_CONTROL_BYTES = 4096;
/** Connections to ports of the job that are forwarded at a time, in a connection and in a cluster. A page in a browser makes several. */
export const SSH_FORWARDS_PER_CONNECTION = 32;
export const SSH_FORWARDS = 64;
/** Without a connection for so long the process that serves them ends. */
export const SSH_IDLE_MS = 60_000;
/** For so long the server is not asked again who may log in, and so long it is waited for. */
export const SSH_ACCESS_MS = 1_000;
export const SSH_ACCESS_OVERDUE_MS = 5_000;
/** Between two lines of the log about connections that were refused. */
export const SSH_REFUSALS_MS = 60_000;
/** For so long logins of one sort are told once, and after it as a number; sorts beyond so many are told together. */
export const SSH_LOGINS_TOLD_MS = 600_000;
export const SSH_LOGIN_SORTS = 20;
/** A connection that is silent is probed after this time, so that one whose other side is gone ends. */
export const SSH_KEEP_ALIVE_MS = 60_000;
/** Variables that a client may set (`LANG`, `LC_*`), and their length. */
export const SSH_VARIABLES = 20;
export const SSH_VARIABLE_BYTES = 256;
/** The longest command of a session: what Linux takes as one argument. */
export const SSH_COMMAND_BYTES = 128 * 1024 - 1;
/** Names and values of a run's parameters together, as variables of its commands: Linux takes about 2 MiB of all, and 128 KiB of one. */
export const PARAMETER_VARIABLES_BYTES = 128 * 1024;
/** So long after its walltime, or its idle time, the holder of a persistent cluster that nobody ends leaves by itself. */
export const HOLDER_SPARE_SECONDS = 300;

/** Outputs that are brought to a server on another disk at the same time, and batches of small ones among them. */
export const PARALLEL_DELIVERIES = 4;
/** Files, and bytes of them, that the server takes in one request. */
export const DELIVERY_FILES = 1_000;
export const DELIVERY_BATCH_BYTES = 8 * 1024 * 1024;
/** Files up to this size are brought together with others. */
export const SMALL_DELIVERY_BYTES = 256 * 1024;
/** Above this total, a run's outputs are asked for first: the server may have some of them. */
export const UNASKED_DELIVERY_BYTES = 1024 * 1024;
/** Runs whose outputs are yet to be brought, beyond which no further run is begun: they take up the disk. */
export const UNDELIVERED_RUNS = 128;
/** So long a server may take for the last byte of a large output, which it compares and makes durable. */
export const DELIVERY_STALL_MS = 600_000;
/** A file is brought so often when what arrives is not what was sent, or is refused. */
export const DELIVERY_ATTEMPTS = 10;
/** How long an agent that was just started asks for what it is to know. */
export const DESCRIPTION_OVERDUE_MS = 20_000;
