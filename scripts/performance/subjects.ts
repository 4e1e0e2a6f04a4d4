/** The benchmarks in the order of the page, with what people say about them: numbers come from the results. */
import type { KeptResult } from '../../bench/lib/report.ts';
import type { BarPlot } from './plots.ts';
import { quantity } from './results.ts';

export interface Subject {
  /** Of the benchmark and of its file of results. */
  name: string;
  title: string;
  /** What is done, and what a reader must know to judge it. */
  prose: string;
  plot?: BarPlot;
}

const isTime = ({ unit }: { unit: string }) => unit === 'ms';

/** A bar that is a ratio, put where it lies on the axis of times. */
function times(part: number, peers: readonly RegExp[]): BarPlot['limit'] {
  return ({ rows }: KeptResult) => {
    const found = peers.flatMap((peer) => rows.filter(({ what }) => peer.test(what)).slice(0, 1));
    if (found.length === 0) {
      return null;
    }
    const value = part * Math.max(...found.map(({ median }) => median));
    return { value, what: `${part} x: ${quantity(value, 'ms')}` };
  };
}

export const SUBJECTS: readonly Subject[] = [
  {
    name: 'download',
    title: 'A large download',
    prose: `\`downloadFile\` of the SDK against the slower of two things no download can do without: hashing the file, and bringing
it from nginx to disk with curl. Ours also compares the digest and waits until the disk has the bytes; of the others only
those that say so do. The Python program is the method that scripts for this API are taught: ranges in threads with
\`requests\`, parts written to files, put together, and read again for the digest
(\`bench/lib/transfers/parallel_download.py\`). Processor seconds of the client are those of all its threads and
processes, of the server those of nginx with its worker or of the platform.`,
    plot: {
      title: '1 GiB over loopback to disk: medians, smallest and largest (less is better)',
      rows: isTime,
      limit: times(1.1, [/SHA-512 of the file/, /^peer: curl from nginx/]),
    },
  },
  {
    name: 'download-limited',
    title: 'A download over a link that caps each connection',
    prose: `The proxy of \`bench/proxy\` gives each connection 8.4 MB/s, which is what one connection carried in the measurement that
the API's own tutorial shows: 10 threads were 3.5 times as fast as one there. Without a number, the SDK begins with
few connections and doubles them as long as that pays; in the last rows ten connections fill the link, so that more
bring nothing.`,
    plot: {
      title: 'Each connection carries 8.4 MB/s: medians, smallest and largest (less is better)',
      rows: isTime,
    },
  },
  {
    name: 'upload',
    title: 'A large upload',
    prose: `The platform hashes what arrives and answers when the bytes and their row are on the disk; nginx does neither, so
\`synced\` is the fairer peer. \`uploadPath\` sends parts over several connections, can be resumed, and compares the
platform's digest with its own. The memory of the server is looked at 50 times a second during all uploads.`,
    plot: {
      title: '1 GiB over loopback to the server: medians, smallest and largest (less is better)',
      rows: isTime,
      limit: times(1.3, [/SHA-512 of the file/, /^peer: curl to nginx/]),
    },
  },
  {
    name: 'small-files',
    title: 'Many small files',
    prose: `10,000 files of 4 KiB with random bytes, up and down. Ours are all hashed, synced, and rows of a database; every one is
verified on its way down. nginx and \`cp\` do none of that until \`sync\`. rclone is
no peer on the way up: it asks WebDAV for the whole directory before each file, which takes minutes.`,
    plot: { title: '10,000 files of 4 KiB: medians, smallest and largest (less is better)', rows: isTime },
  },
  {
    name: 'cuts',
    title: 'A hundred cuts',
    prose: `The proxy cuts whichever connection carries certain bytes, drawn at random, by a reset to both ends. What crossed it
beyond the size of the file was sent again. A reset also takes what lies in the buffers of the kernel, so part of that
nobody could have kept; *of the exchanges cut* tells how much the requests that were cut had carried until then.`,
  },
  {
    name: 'slow-readers',
    title: 'A thousand slow readers',
    prose: `Connections that ask for a file of 64 MiB and read 1 KB of it per second. What the server holds for each of them is
what it has read ahead.`,
  },
  {
    name: 'watchers',
    title: 'A thousand watchers of one log',
    prose: `A job writes the time into its log five times a second, and connections follow that log (\`tail\` with \`follow\`). The lag
is from there until a line has come; all of them are on this host. They share one open file, and each piece of it is read
and written as an event once.`,
  },
  {
    name: 'api',
    title: 'Requests per second',
    prose: `Server and load each on a core of their own (\`taskset\`). The highest rate is autocannon's over ten connections. For p99
the requests go out at even distances, and each is timed from the moment it was due. \`CPU of the server\` is processor
time per request: the number to compare when the host is busy. With \`--full\` a million files are stored.`,
  },
  {
    name: 'start',
    title: 'Start and idle memory',
    prose: `\`quarry serve\` on a data directory with 100,000 ended jobs, each with its histories, cluster, run and input. The
directory is made once and kept under the temporary directory in \`quarry-bench\`; remove it when you like.`,
  },
  {
    name: 'latency',
    title: 'From submit to the first instruction',
    prose: `An idle server, one job after another. The command's first instruction writes bash's own clock to a file, so no process
starts between the measurement and what is measured. Nearly all of the time is the agent: it is a process of its own,
so that work outlives the server, and Node takes most of 90 ms to start it.`,
  },
  {
    name: 'sweep',
    title: 'Sweeps',
    prose: `Jobs with thousands of runs of \`true\` on as many slots as cores, in turn with bare starts of the same bash at the same
concurrency. The rate is taken from the job's own history, from \`Pending\` to \`Completed\`, outputs listed.`,
  },
  {
    name: 'mesh',
    title: 'Meshes in the browser',
    prose: `What the worker of the 3D view does with a \`.vtu\` of a million hexahedra: its bytes are read, the faces inside are left
out, and the values of one array are taken to the surface. Measured in Node, whose engine is that of Chromium; loading the file
and drawing it come on top. Numbering at random is the worst that a file can do: neighbours in the mesh are far apart in memory.`,
  },
  {
    name: 'crash',
    title: 'Kills under load',
    prose: `The server is killed with SIGKILL again and again while jobs are submitted and run and files are uploaded, and starts
again each time. At the end every job that was acknowledged has succeeded and its command ran once, every file that was
acknowledged is there with its digest, and the doctor, who reads every byte, finds nothing. \`--full\` kills 200 times.`,
  },
];

export const INTRODUCTION = `Each figure is a measurement that you can repeat on your own host, printed beside what the host itself can do, in the
same run. Nothing here is a promise for another machine: the ratios travel, the milliseconds do not.

\`\`\`
npm run bench                      # all of them
npm run bench -- api --runs 5      # one of them
npm run bench -- start --full      # also what takes long to prepare: a million files
\`\`\`

Every benchmark first checks that the answers are right, measures several times in turn with its peers, prints median,
smallest and largest, and appends the result with the machine to \`bench/results/NAME.json\` (\`--no-keep\` leaves that
out); \`npm run generate\` makes this page of the latest ones. Peers that are not installed are left out and named.
Everything is written below the temporary directory: set \`TMPDIR\` to measure another disk.

The proxy that limits, delays, cuts and corrupts is a program of its own: \`node bench/proxy/main.ts --help\`.`;

export const WHERE_THE_TIME_GOES = `- A list never reads the rows it only counts or skips: its indexes hold every column that lists filter by
  (\`db/migrations/002-index-lists-of-jobs.ts\`), and a test looks at the query plans.
- The two queries behind a GET of a job are built once (\`db/prepared.ts\`); building them for each request cost more
  than answering them.
- The agent is told Node's compile cache by a variable: its very first module would otherwise load the type stripper,
  which is a third of its start.
- Finding, linking and evaluating its modules is three quarters of the start of a server, so what few servers need is
  loaded when it is asked for. In quiet times it gives memory back that V8 and SQLite would keep (\`server/src/rest.ts\`,
  \`decisions/011-what-the-start-costs.md\`). Where the time of a single job goes is in
  \`decisions/012-where-the-time-of-a-run-goes.md\`.
- Files are sent from memory that is used again (\`http/send-pieces.ts\`). A stream makes a new buffer for every piece,
  and collecting those took most of the server's 2 s of processor time per GiB; now it takes 0.6 s.
- A run of a sweep costs the agent 2 ms of processor time and the server 1.1 to 1.3 ms, beside the command itself. A bash
  that stays forks the commands (\`agent/src/process/launcher.ts\`), since Node takes about 1 ms to start a process and
  holds everything up meanwhile; ends travel many to a request, and are written many to a transaction; a slot is free
  for the next run while the outputs of the one before reach the disk. What is left is files: a directory and a log for
  each run, slow to make on ext4 after many have been removed.
- A download is bound by both cores together: hashing takes one of them for its whole length, and receiving, writing
  and the server share the other.`;
