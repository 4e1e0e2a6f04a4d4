import { setTimeout as delay } from 'node:timers/promises';
import type { Platform } from '../../packages/server/testing/start-platform.ts';

/** Asks again until `look` gives something; a test that waits in vain says for what. */
export async function eventually<Found>(
  what: string,
  look: () => Promise<Found | null | undefined | false>,
  seconds = 30,
): Promise<Found> {
  const deadline = Date.now() + seconds * 1000;
  while (true) {
    const found = await look().catch((error) => {
      if (Date.now() > deadline) {
        throw error;
      }
      return null;
    });
    if (found) {
      return found;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited ${seconds} s in vain for ${what}.`);
    }
    await delay(25);
  }
}

/** Creates a job that runs a command, and submits it. Answers its id. */
export async function submitCommand(
  platform: Platform,
  command: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const created = await platform.call('POST', '/api/v2/jobs/', {
    name: 'test',
    jobanalyses: [
      {
        analysis: { code: 'user_included' },
        command,
        hardware: { coreType: 'quartz', coresPerSlot: 1, walltime: 1 },
        ...more,
      },
    ],
  });
  if (created.status !== 201) {
    throw new Error(`create: ${created.status} ${JSON.stringify(created.body)}`);
  }
  const submitted = await platform.call('POST', `/api/v2/jobs/${created.body.id}/submit/`);
  if (submitted.status !== 200) {
    throw new Error(`submit: ${submitted.status} ${JSON.stringify(submitted.body)}`);
  }
  return created.body.id;
}

/** Waits until a job has the status, and answers the job. */
export function jobWithStatus(platform: Platform, id: string, status: string, seconds = 30) {
  return eventually(
    `job ${id} to be ${status}`,
    async () => {
      const { body } = await platform.call('GET', `/api/v2/jobs/${id}/`);
      return body.status === status ? body : null;
    },
    seconds,
  );
}

/** The text of an output file of a job. */
export async function outputText(platform: Platform, id: string, name: string): Promise<string> {
  const { body } = await platform.call('GET', `/api/v2/jobs/${id}/files/?search=${encodeURIComponent(name)}`);
  const file = body.results.find((each: { relativePath: string }) => each.relativePath === name);
  if (!file) {
    throw new Error(
      `Job ${id} has no output ${name}: ${JSON.stringify(body.results.map((each: { relativePath: string }) => each.relativePath))}`,
    );
  }
  const response = await fetch(file.downloadUrl, { headers: { authorization: `Token ${platform.apiKey}` } });
  return response.text();
}

/** The lines that a job's command printed, without the prefix and the frame of the log. */
export async function printedLines(platform: Platform, id: string): Promise<string[]> {
  const lines = (await outputText(platform, id, 'process_output.log'))
    .split('\n')
    .map((line) => line.slice(24));
  const start = lines.findIndex((line) => line.endsWith('Process output follows:'));
  const end = lines.findIndex((line) => line.startsWith('Exited with code'));
  return lines.slice(start + 1, end);
}
