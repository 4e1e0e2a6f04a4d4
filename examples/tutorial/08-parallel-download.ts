/**
 * 8. Parallel download: the same large file over ten connections and over one, and once more with a break in the middle.
 *
 *     node 08-parallel-download.ts [BYTES]
 *
 * The job makes a file of BYTES random bytes in base64 (1 GiB of text when not given).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, downloadFile } from '@quarry/sdk/node';

const TEST_FILE_NAME = 'testfile';
const randomBytes = Number(process.argv[2] ?? 792_917_038);

const platform = await connect();

const job = await platform.jobs.create({
  name: 'Tutorial: a large result file',
  jobanalyses: [
    {
      analysis: { code: 'miniconda', version: '4.8.4' },
      command: `openssl rand -out ${TEST_FILE_NAME} -base64 ${randomBytes}`,
      hardware: { coreType: 'granite', coresPerSlot: 2 },
    },
  ],
  projectId: null,
});
await platform.jobs.submit(job.id);
const { outcome, failure } = await platform.jobs.wait(job.id);
if (outcome !== 'success') {
  throw new Error(failure?.message);
}

const [file] = await platform.jobs.files(job.id, { search: TEST_FILE_NAME }).all();
if (file === undefined) {
  throw new Error(`The job left no ${TEST_FILE_NAME}.`);
}
console.log(`${file.name}: ${file.decryptedSize} bytes`);

// Ranges are written in place and hashed as they arrive, so nothing is joined or read again afterwards. How much
// faster ten connections are depends on what limits one: on a long line a lot, on one machine hardly anything.
const directory = await mkdtemp(join(tmpdir(), 'quarry-tutorial-'));
try {
  for (const streams of [10, 1]) {
    const startedAt = performance.now();
    const { verified } = await downloadFile(platform, file.id, join(directory, `${streams}`), { streams });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(2);
    console.log(
      `Time with ${streams} ${streams === 1 ? 'stream' : 'streams'}: ${seconds} s, verified: ${verified}`,
    );
  }

  // A download that breaks, however it does, is gone on with by the same call.
  const target = join(directory, 'broken');
  const abort = new AbortController();
  const broken = downloadFile(platform, file.id, target, {
    signal: abort.signal,
    onProgress: ({ transferredBytes }) => {
      if (transferredBytes > file.decryptedSize / 2) {
        abort.abort();
      }
    },
  });
  await broken.catch((error: Error) => console.log(`Broken off: ${error.message}`));
  const { verified } = await downloadFile(platform, file.id, target, {
    onEvent: (event) => {
      if (event.type !== 'start') {
        return;
      }
      const percent = Math.floor((event.resumedBytes / event.sizeBytes) * 100);
      console.log(`Going on from ${percent} %`);
    },
  });
  console.log(`The rest has come, verified: ${verified}`);
} finally {
  await rm(directory, { recursive: true });
  await platform.jobs.delete(job.id);
}
