import { notifyFailed } from '../ui/notify.tsx';
import { clickLink, saveBlob } from '../ui/save-blob.ts';
import { words } from '../words/words.ts';
import { quarry } from './sdk.ts';

/** Lets the browser fetch a file itself, to its disk, by a link that is good for that once. */
export async function downloadFile(fileId: string): Promise<void> {
  await byTicket(() => quarry.files.ticket(fileId));
}

/** A file of a run: its output, or what it holds so far while the run executes. */
export async function downloadRunFile(jobId: string, runId: string, path: string): Promise<void> {
  try {
    const page = await quarry.jobs.runFiles(jobId, runId, { search: path }).page();
    const output = page.results.find(({ relativePath }) => relativePath === path);
    if (output) {
      await downloadFile(output.id);
      return;
    }
    const encoded = path.split('/').map(encodeURIComponent).join('/');
    const spec = { method: 'GET', path: `/api/v2/jobs/${jobId}/runs/${runId}/tail/${encoded}` };
    const blob = await quarry.transport.exchange(
      { ...spec, headers: { accept: '*/*' }, timeoutMs: Number.POSITIVE_INFINITY },
      (response) => response.blob(),
    );
    saveBlob(blob, path.split('/').at(-1)!);
  } catch (error) {
    notifyFailed(words.frame.downloadFailed, error);
  }
}

/** All outputs of a job, or of one of its runs, as one archive. */
export async function downloadOutputs(jobId: string, runId?: string): Promise<void> {
  await byTicket(() => quarry.jobs.archiveTicket(jobId, runId === undefined ? {} : { run: Number(runId) }));
}

/** The table of a sweep, as the server writes it. */
export async function downloadResults(jobId: string, format: 'csv' | 'parquet'): Promise<void> {
  try {
    const response = await quarry.jobs.downloadResults(jobId, { format });
    saveBlob(await response.blob(), `${jobId}-results.${format}`);
  } catch (error) {
    notifyFailed(words.frame.downloadFailed, error);
  }
}

async function byTicket(make: () => Promise<{ url: string }>): Promise<void> {
  try {
    const { url } = await make();
    // A proxy may have let the server name itself otherwise: the link is opened where this page came from.
    clickLink(quarry.transport.ownUrl(url), '');
  } catch (error) {
    notifyFailed(words.frame.downloadFailed, error);
  }
}
