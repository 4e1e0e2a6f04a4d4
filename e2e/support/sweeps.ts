import type { Run } from '@quarry/contract';
import type { Platform } from '../../packages/server/testing/start-platform.ts';

/** Uploads a text as a file; answers its id. */
export async function uploadText(platform: Platform, name: string, text: string): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([text]), name);
  const response = await fetch(new URL('/api/v2/files/contents/', platform.url), {
    method: 'POST',
    headers: { authorization: `Token ${platform.apiKey}` },
    body: form,
  });
  if (response.status !== 201) {
    throw new Error(`upload: ${response.status} ${await response.text()}`);
  }
  return ((await response.json()) as { id: string }).id;
}

export interface SweepOptions {
  /** Runs, each with its number in the variable `n`. */
  runs: number;
  slots: number;
  command: string;
  /** Further fields of the tile. */
  tile?: Record<string, unknown>;
  /** Further fields of the job. */
  job?: Record<string, unknown>;
}

/** Creates a sweep over the numbers from 1 to `runs` and submits it; answers its id. */
export async function submitSweep(platform: Platform, options: SweepOptions): Promise<string> {
  const { runs, slots, command, tile, job } = options;
  const created = await platform.call('POST', '/api/v2/jobs/', {
    name: 'sweep',
    jobanalyses: [
      {
        analysis: { code: 'user_included' },
        command,
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots, walltime: 1 },
        ...tile,
      },
    ],
    jobvariables: [
      {
        ...{ name: 'n', variableType: 'Param', displayOrder: 0, valueGeneratorType: 'FixedRange' },
        valueGeneratorSettings: { minvalue: 1, maxvalue: runs, increment: 1 },
      },
    ],
    ...job,
  });
  if (created.status !== 201) {
    throw new Error(`create: ${created.status} ${JSON.stringify(created.body)}`);
  }
  const { id } = created.body;
  const submitted = await platform.call('POST', `/api/v2/jobs/${id}/submit/`);
  if (submitted.status !== 200) {
    throw new Error(`submit: ${submitted.status} ${JSON.stringify(submitted.body)}`);
  }
  return id;
}

/** The whole list of runs, page by page along its links. */
export async function allRuns(platform: Platform, id: string): Promise<Run[]> {
  const runs: Run[] = [];
  for (let next: string | null = `/api/v2/jobs/${id}/runs/?page_size=100`; next !== null; ) {
    const { status, body } = await platform.call('GET', next);
    if (status !== 200) {
      throw new Error(`${next}: ${status} ${JSON.stringify(body)}`);
    }
    runs.push(...body.results);
    next = body.next;
  }
  return runs;
}

/** One run of a job, by its number. */
export async function runOf(platform: Platform, id: string, number: number): Promise<Run> {
  return (await platform.call('GET', `/api/v2/jobs/${id}/runs/${number}/`)).body;
}
