/** Every bound of the server, by name. `docs/limits.md` lists them for users; tests reach each from outside. */

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

export const LIMITS = {
  /** JSON and form bodies. */
  bodyBytes: 16 * MIB,
  jsonDepth: 32,
  /** One uploaded file. */
  uploadBytes: 5 * 1024 * GIB,
  /** Multipart: fields beside the file, and bytes of each. */
  multipartFields: 50,
  multipartFieldBytes: 64 * KIB,
  fileNameBytes: 255,
  urlBytes: 16 * KIB,
  headerBytes: 32 * KIB,
  /** The headers of a request, and again a JSON body, must arrive within this time; a site may choose another. */
  requestSeconds: 60,
  /** After an answer that did not wait for the whole body, how long the rest is taken in before the connection ends. */
  lingerSeconds: 5,
  /** The `Warning` header; the body has all warnings. */
  warningHeaderCharacters: 2000,
  /** `files/{id}/lines/` sends whole texts; longer files are for `contents/`. */
  linesBytes: 64 * MIB,
  /** Last lines that `tail` gives at once. */
  tailLines: 10_000,
  /** Space set aside for recording ends and deletions when the disk is full. */
  reserveBytes: 16 * MIB,
  /** Bytes that `tail` reads back to find them. */
  tailBytes: 16 * MIB,
  directoryEntries: 10_000,
  tilesPerJob: 20,
  inputsPerJob: 10_000,
  /** Expanded archives, per run. */
  archiveEntries: 1_000_000,
  archiveExpandedBytes: 256 * GIB,
  logBytes: 2 * GIB,
  outputFilesPerRun: 100_000,
  /** Between SIGTERM and SIGKILL when a job is stopped or its time is up. */
  stopGraceSeconds: 10,
  /** An exchange of an agent: its longest wait and its body. */
  exchangeWaitSeconds: 25,
  exchangeBodyBytes: 256 * MIB,
  runsPerBatch: 200,
  /** Hours a job may ask for, unless the site or the user's account says otherwise. */
  maxJobHours: 336,
  userNameLength: 254,
  keysPerUser: 100,
} as const;
