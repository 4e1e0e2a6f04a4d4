/** Every bound of the server, by name. `docs/limits.md` lists them for users; tests reach each from outside. */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const TIB = 1024 * GIB;

export const LIMITS = {
  /** A JSON or form body of a request. */
  bodyBytes: 16 * MIB,
  /** Days that a report of use by day may span. */
  usageDays: 3660,
  /** Rows of a report of use; what more there is comes as one sum. */
  usageRows: 1000,
  /** Levels of nesting in a JSON body. */
  jsonDepth: 32,
  /** One uploaded file. */
  uploadBytes: 5 * 1024 * GIB,
  /** A file of an upload of many; larger ones are sent alone. */
  bulkFileBytes: 4 * MIB,
  /** All files of an upload of many together. */
  bulkBytes: 64 * MIB,
  /** The field that announces them. */
  bulkManifestBytes: 2 * MIB,
  /** What all uploads of many hold in memory together; further ones wait until it is free. */
  bulkMemoryBytes: 256 * MIB,
  /** How long the body of an upload of many may take to arrive. */
  bulkSeconds: 300,
  /** Hours after which an upload that is not complete is given up, counted from the last byte that came for it. */
  uploadIdleHours: 72,
  /** Parts of one resumable upload. */
  uploadParts: 10_000,
  /** The least that a part of it may have, the last one excepted. */
  uploadPartBytes: MIB,
  /** Resumable uploads of one user that are not complete. */
  uploadsPerUser: 1000,
  /** Fields beside the file in an upload. */
  multipartFields: 50,
  /** One such field. */
  multipartFieldBytes: 64 * KIB,
  /** The address of a request, with its query. */
  urlBytes: 16 * KIB,
  /** All headers of a request together. */
  headerBytes: 32 * KIB,
  /** The headers of a request, and again a JSON body, must arrive within this time; a site may choose another. */
  requestSeconds: 60,
  /** A reader that takes nothing of its answer for so long loses the connection. */
  stalledReaderSeconds: 300,
  /** Memory that downloads by fast readers are sent from, all together; beyond it they go in smaller pieces. */
  sendingBytes: 64 * MIB,
  /** After an answer that did not wait for the whole body, how long the rest is taken in before the connection ends. */
  lingerSeconds: 5,
  /** From this length on, JSON and other texts are compressed for clients that ask for it: what a new connection sends before it hears from the other side (10 packets, RFC 6928). Shorter answers would not come sooner. */
  compressFromBytes: 14 * KIB,
  /** Up to this length, an answer that is written while it is read is held until its end, to get an entity tag. */
  taggedBytes: MIB,
  /** The `Warning` header; the body has all warnings. */
  warningHeaderCharacters: 2000,
  /** The file of which `files/{id}/lines/` sends the text; longer ones are for `contents/`. */
  linesBytes: 64 * MIB,
  /** The answer with its lines, where bytes that are no text take up to six times their size. */
  linesAnswerBytes: 128 * MIB,
  /** Bytes of a file on a storage device, or of a range of it, that are hashed before they are sent to whoever asks for it (`Want-Content-Digest`); longer ones are sent without. */
  contentDigestBytes: 64 * MIB,
  /** Bytes of which `part-digests/` hashes the parts in one answer; the next answer goes on behind them. */
  partDigestBytes: 512 * MIB,
  /** Answers of `part-digests/` that are made at once; further ones wait for their turn. */
  partDigestsAtOnce: 2,
  /** Last lines that `tail` gives at once. */
  tailLines: 10_000,
  /** What these lines may take in the answer, as JSON; of more the end is given, and the answer says so (`truncated`). */
  tailBytes: 4 * MIB,
  /** Files of an archive that are looked up before it is sent, so that a zip can tell its length; of more none does. */
  archiveKnownFiles: 10_000,
  /** How long a link that opens without a key waits to be used. */
  ticketSeconds: 60,
  /** Such links of one user that wait to be used. */
  ticketsPerUser: 1000,
  /** Space set aside for recording ends and deletions when the disk is full. */
  reserveBytes: 16 * MIB,
  /** How long a start looks, in the background, whether the database is sound. */
  databaseCheckSeconds: 600,
  /** How long a look of the doctor may take that an administrator asks for. */
  doctorSeconds: 1800,
  /** Of what is wrong with many things, so many each of its checks names. */
  doctorItems: 1000,
  /** Below so much free space, whoever keeps the platform is told that it is low. */
  lowSpaceBytes: GIB,
  /** Space set aside for starting on a full disk. */
  startReserveBytes: MIB,
  /** Entries that `directory-contents/` lists. */
  directoryEntries: 10_000,
  /** Entries of any kind, directories and links included, among which it looks for these. */
  directoryWalk: 20_000,
  /** All paths together that it lists. */
  directoryPathBytes: 8 * MIB,
  /** How long a request for a file of a run waits while the run's outputs are being collected; then it is to ask again. */
  takeOverWaitSeconds: 20,
  /** Requests of one user that follow a file of a run at the same time: `follow` of `tail`. */
  followersPerUser: 1000,
  /** Such requests of all users. */
  followers: 2000,
  /** How much of a file is sent to its followers in one event. */
  followBytes: 32 * KIB,
  /** Snapshots of runs that are taken at once; further ones wait for their turn. */
  snapshotsAtOnce: 2,
  /** Entries of any kind in the work directory of which a snapshot is taken; what has more needs `snapshots.globs`. */
  snapshotEntries: 200_000,
  /** What a snapshot leaves free on the disk. */
  snapshotSpareBytes: 256 * MIB,
  /** How long an agent that shares no disk with the server may be silent while a snapshot is taken there or fetched. */
  snapshotSilentSeconds: 300,
  /** Between two looks at which snapshots are due by the schedules of jobs. */
  snapshotScheduleSeconds: 10,
  /** Snapshots of a run that are listed, failed ones among them. */
  snapshotsListed: 100,
  /** Persistent clusters of one user that have not ended. */
  persistentClustersPerUser: 100,
  /** Files with which all runs of a restarted job begin together; a snapshot counts as one. */
  restoredFilesPerJob: 200_000,
  /** Such files of the runs that an agent is given at once; one run at least. */
  restoredFilesPerBatch: 10_000,
  /** Analyses in one job. */
  tilesPerJob: 20,
  /** Input files of one job. */
  inputsPerJob: 10_000,
  /** Input files of all jobs of a bulk request together, each counted in every job that takes it. */
  inputsPerBulk: 100_000,
  /** Runs of all jobs of a bulk request together. */
  runsPerBulk: 100_000,
  /** Jobs that the jobs of a bulk request start after, counted together. */
  dependenciesPerBulk: 100_000,
  /** Files of parameters and cases of all jobs of a bulk request together, each counted in every job that names it. */
  paramFileBytesPerBulk: 128 * MIB,
  /** How long an `Idempotency-Key` is remembered, at least. */
  idempotencyKeyHours: 48,
  /** A template of a sweep, and a script that runs before or after the command. */
  templateBytes: 16 * MIB,
  /** What a preview shows of each template that it has rendered; of larger ones the beginning. */
  previewBytes: 256 * KIB,
  /** What a preview shows of all its templates together. */
  previewsBytes: 8 * MIB,
  /** What a preview renders of all its templates together; those behind are not rendered, and a warning says so. */
  previewSourceBytes: 64 * MIB,
  /** Characters of a text that a field of a job template takes. */
  templateTextCharacters: 65_536,
  /** Versions of one job template. */
  templateVersions: 1000,
  /** What one request searches of a file; the answer says where to go on. */
  findBytes: GIB,
  /** How long one request searches. */
  findSeconds: 5,
  /** Searches in files at once; further ones are answered with 429. */
  searches: 4,
  /** What one request looks at of a file to find where its lines begin; the answer says how much that was. */
  lineIndexBytes: 4 * GIB,
  /** How long one request looks. */
  lineIndexSeconds: 10,
  /** Files whose lines are looked for at once; further ones are answered with 429. */
  lineIndexes: 2,
  /** Indexes of lines that are kept in memory, those that were asked for last. */
  lineIndexesKept: 32,
  /** Entries of the archives that are unpacked for a run. */
  archiveEntries: 1_000_000,
  /** What these archives may expand to. */
  archiveExpandedBytes: 256 * GIB,
  /** The log `process_output.log` of a run; what comes after is left out, and the log says so. A site may choose another. */
  logBytes: 2 * GIB,
  /** Processes and threads of a run at the same time; a site may choose another. */
  processesPerRun: 4096,
  /** The least memory that a run may have, whatever its core type promises: what starts its commands needs some of it. */
  memoryPerRunLeastBytes: 64 * MIB,
  /** Of the host's memory, what its own core types do not promise to jobs, since the server and its agents need it; at most a quarter of it. */
  hostMemoryBytes: GIB,
  /** Files that each process of a run may have open, as far as the server itself may; a site may choose another. */
  openFilesPerRun: 65_536,
  /** Outputs that are kept of one run, in bytes together; 0 for as many as the disk takes. A site may choose another. */
  outputBytesPerRun: 0,
  /** Output files that are kept of one run, its log among them: the first by name. */
  outputFilesPerRun: 100_000,
  /** The length of one, holes included, since all of it is read to be hashed; a site may choose another. */
  outputFileBytes: 2 * TIB,
  /** The path of one below the work directory, written as JSON. */
  outputPathBytes: 64 * KIB,
  /** All paths of a run together. */
  outputPathBytesPerRun: 32 * MIB,
  /** Entries of any kind in the work directory among which outputs are looked for. */
  outputEntriesPerRun: 1_000_000,
  /** What a run left and could not keep is listed up to here; the rest is counted. */
  skippedListed: 100,
  /** Between SIGTERM and SIGKILL when a job is stopped or its time is up. */
  stopGraceSeconds: 10,
  /** Agents at once that collect what the runs of dead ones have left; further ones wait for their turn. */
  salvagesAtOnce: 2,
  /** Times that this is tried for a cluster; then what its runs have left stays in their directories. */
  salvageAttempts: 3,
  /** The longest time for which a site may keep the directory of a run that was cut off by the end of its agent. */
  lostRunDays: 365,
  /** How long a request of an agent waits for something to do. */
  exchangeWaitSeconds: 25,
  /** Requests of one user that wait for news at the same time: `wait` of `statuses/`, `jobs/{id}/events/` and `events/`. */
  waitsPerUser: 1000,
  /** After so long without an event of a job a comment is sent: proxies end connections that are silent for 60 seconds. */
  eventHeartbeatSeconds: 15,
  /** A reader of events that takes nothing for so long is let go. */
  eventStallSeconds: 60,
  /** Events behind which a reader of `events/` may lag and still go on from where it was; further ones are told to read the lists anew. */
  eventsResumed: 100_000,
  /** Rows of the log of events, and as many statuses of jobs, that are read at once for readers of `events/`. */
  eventsPerPage: 50,
  /** Such pages that readers at the same place share; further places are read for each by itself. */
  eventPagesShared: 16,
  /** Requests that wait for the agent of one cluster at the same time, such as signals for its runs. */
  agentRequests: 64,
  /** The same for what it is asked about files of its runs, where it shares no disk with the server. */
  agentFileRequests: 1000,
  /** Bytes of a file that an agent is asked for at once. */
  agentReadBytes: MIB,
  /** What an agent answers to such a request. */
  agentAnswerBytes: 64 * MIB,
  /** How long such a request waits for the answer of the agent. */
  agentAnswerSeconds: 15,
  /** What an agent sends in one request. */
  exchangeBodyBytes: 256 * MIB,
  /** Runs that an agent is given at once. */
  runsPerBatch: 200,
  /** Filtered or ordered lists of runs that are kept for their further pages, 4 bytes a run. */
  chosenRunLists: 8,
  /** Such lists that are made at once: for each of them all runs of a job are looked at. */
  chosenRunListsAtOnce: 4,
  /** Different outputs in the table of a sweep's results. */
  resultOutputs: 10_000,
  /** Points of the series of what a run uses; beyond it every two become one. */
  usagePointsPerRun: 300,
  /** Measurements of load in one answer, or one page. */
  loadMeasurements: 500,
  /** How long the answer to a question can be fetched (`tasks/{token}/`). */
  taskSeconds: 3600,
  /** Tasks that are worked on at once; further ones wait for their turn. */
  tasksAtOnce: 4,
  /** Of one user, so that others have their turn, too. */
  tasksAtOncePerUser: 2,
  /** Files of a job that are removed before its deletion is answered; where there are more, a task removes them. */
  filesDeletedAtOnce: 20_000,
  /** Jobs that are removed by tasks at once. */
  deletionsAtOnce: 1,
  /** Tasks of one user that have not ended. */
  tasksPerUser: 1000,
  /** Days after its end for which a task is kept; what it has made stays. */
  taskKeptDays: 7,
  /** The longest time for which a site may let agents with undelivered outputs wait for a server that does not answer. */
  undeliveredHours: 8760,
  /** The longest time for which a site may leave what a run uses unlooked at. */
  usageSampleSeconds: 3600,
  /** Runs of one job. */
  runsPerJob: 100_000,
  /** Values of the variables of all runs of a job together: runs times variables. */
  valuesPerJob: 10_000_000,
  /** A file of parameters or cases. */
  paramFileBytes: 64 * MIB,
  /** A row of such a file. */
  paramFileRowBytes: MIB,
  /** Analyses that are computed at once; further ones wait for their turn. */
  analysisThreads: 2,
  /** How long an analysis may be computed. */
  analysisSeconds: 60,
  /** Terms of the polynomial of a response surface. */
  surfaceTerms: 300,
  /** Earlier attempts that a run tells of, the latest ones. */
  attemptsKept: 100,
  /** Hours a job may ask for, unless the site or the user's account says otherwise. */
  maxJobHours: 336,
  /** Wrong keys that one address (of IPv6: one /64) may send within a window; further ones are answered with 429 until it is over. Right keys are not slowed by them. */
  wrongKeys: 20,
  /** The window in which they are counted. */
  wrongKeySeconds: 60,
  /** Addresses whose wrong keys are counted at the same time; beyond that the one that began first is forgotten. */
  wrongKeyAddresses: 10_000,
  /** After one of a user's requests was refused for want of rights, and is in the log of events, others like it are not for so long. */
  refusalSeconds: 60,
  /** Such requests that are told apart at the same time. */
  refusalsKnown: 10_000,
  /** For so long an answer of `/readyz` holds. */
  readinessSeconds: 1,
  /** A database that takes longer is not ready. */
  readinessWaitSeconds: 5,
  /** For so long, at least, numbers of `/metrics` hold that the database is asked for; longer where asking took long, so that it is asked for no more than a fiftieth of the time. */
  metricsSeconds: 5,
  /** An agent of which nothing was heard for so long counts as silent. */
  silentAgentSeconds: 120,
  /** Storage devices of one user. */
  storageDevicesPerUser: 100,
  /** What a storage device may hold at most. */
  storageDeviceBytes: 1024 * TIB,
  /** The least size of one. */
  storageDeviceLeastBytes: MIB,
  /** Entries of a directory of a storage device that are listed. */
  storageDirectoryEntries: 100_000,
  /** What a storage device holds is measured so often while a job has it, at most for a twentieth of the time; jobs go on until then. */
  storageDeviceMeasureSeconds: 5,
  /** And so often while none has it. */
  storageDeviceIdleSeconds: 600,
  /** API keys of one user. */
  keysPerUser: 100,
  /** How long after the end of a key what it has open goes on at most. */
  keyEndSeconds: 5,
  /** Sessions of one user; with one more, the one that was used least recently ends. */
  sessionsPerUser: 50,
  /** How long a link that signs a browser in waits to be opened. */
  signInLinkMinutes: 10,
  /** Such links of one user that wait; with one more, the oldest opens no more. */
  signInLinksPerUser: 20,
  /** How long a link waits by which somebody is to set a password. */
  passwordLinkHours: 24,
  /** Wrong passwords for one user from one address that are answered at once; the next must wait 5 seconds, and each after it twice as long. */
  passwordTries: 5,
  /** The longest of these waits. */
  passwordWaitSeconds: 900,
  /** Wrong passwords for one user, from anywhere, that are answered at once; then waits grow from a second. Not where the user is signed in from the same address. */
  passwordTriesPerUser: 20,
  /** The longest of these waits. */
  passwordWaitPerUserSeconds: 30,
  /** Wrong passwords from one address (of IPv6: one /64), for whomever, that are answered at once; then waits grow from a second. */
  passwordTriesPerAddress: 30,
  /** The longest of these waits. */
  passwordWaitPerAddressSeconds: 60,
  /** After so long without a wrong password all of this is forgotten. */
  passwordForgetSeconds: 3600,
  /** Users and addresses whose wrong passwords are counted at the same time; beyond that those are forgotten that were quiet longest. */
  passwordTriesKnown: 30_000,
  /** Passwords that are looked at side by side, 32 MiB of memory each. */
  passwordsAtOnce: 2,
  /** Passwords that wait to be looked at; beyond that people are to try again. */
  passwordsWaiting: 100,
  /** Sessions that are held in memory between requests; others are looked up. */
  sessionsRemembered: 10_000,
  /** How long a session may be left idle; a site may choose another. */
  sessionIdleHours: 12,
  /** How long a session lasts at most; a site may choose another. */
  sessionDays: 7,
  /** What is kept of what a browser calls itself. */
  userAgentCharacters: 300,
} as const;
