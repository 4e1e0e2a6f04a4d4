/** What a stranger writes with a client that `openapi-typescript` has made: typed all through, nothing told twice. */
import createClient from 'openapi-fetch';
import type { components, paths } from './schema.ts';

type Job = components['schemas']['Job'];
type JobDefinition = components['schemas']['JobDefinition'];

const [url, key] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Token ${key}` } });

const fileId = await upload('pi.py', 'print(3.14159)\n');
const jobId = await create({
  name: 'Digits of pi',
  jobanalyses: [
    {
      analysis: { code: 'user_included' },
      command: 'python3 pi.py > pi.txt',
      hardware: { coreType: 'quartz', coresPerSlot: 1 },
      inputFiles: [{ id: fileId }],
    },
  ],
});
await submit(jobId);
const job = await wait(jobId);
if (job.outcome !== 'success') {
  throw new Error(`The job ended in ${job.outcome}: ${job.failure?.message}`);
}
const text = await output(jobId, 'pi.txt');
if (text !== '3.14159\n') {
  throw new Error(`The output is ${JSON.stringify(text)}.`);
}
console.log(`Job ${job.id} (${job.name}) ended in ${job.outcome}: ${text.trim()}`);

async function upload(name: string, content: string): Promise<string> {
  const { data, error } = await client.POST('/api/v2/files/contents/', {
    body: { file: new Blob([content]) },
    bodySerializer: ({ file }) => {
      const form = new FormData();
      form.append('file', file, name);
      return form;
    },
  });
  if (error) {
    throw new Error(error.detail);
  }
  if (data.decryptedSize !== content.length) {
    throw new Error(`${data.decryptedSize} bytes arrived.`);
  }
  return data.id;
}

async function create(body: JobDefinition): Promise<string> {
  const { data, error } = await client.POST('/api/v2/jobs/', { body });
  if (error) {
    throw new Error(JSON.stringify(error));
  }
  return data.id;
}

async function submit(jobId: string): Promise<void> {
  const { error } = await client.POST('/api/v2/jobs/{jobId}/submit/', { params: { path: { jobId } } });
  if (error) {
    throw new Error(error.detail);
  }
}

async function wait(jobId: string): Promise<Job> {
  const path = { jobId };
  let since: string | undefined;
  for (;;) {
    const query = { wait: 20, ...(since === undefined ? {} : { since }) };
    const { data, error } = await client.GET('/api/v2/jobs/{jobId}/statuses/', { params: { path, query } });
    if (error) {
      throw new Error(error.detail);
    }
    const latest = data.results[0];
    if (latest?.status === 'Completed') {
      break;
    }
    since = latest?.id;
  }
  const { data, error } = await client.GET('/api/v2/jobs/{jobId}/', { params: { path } });
  if (error) {
    throw new Error(error.detail);
  }
  return data;
}

async function output(jobId: string, search: string): Promise<string> {
  const { data, error } = await client.GET('/api/v2/jobs/{jobId}/files/', {
    params: { path: { jobId }, query: { search } },
  });
  if (error) {
    throw new Error(error.detail);
  }
  const file = data.results[0];
  if (!file) {
    throw new Error(`The job has no output ${search}.`);
  }
  const contents = await client.GET('/api/v2/files/{fileId}/contents/', {
    params: { path: { fileId: file.id } },
    parseAs: 'blob',
  });
  if (contents.error) {
    throw new Error(contents.error.detail);
  }
  return contents.data.text();
}
