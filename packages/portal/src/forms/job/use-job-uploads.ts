import { useUser } from '../../api/session.ts';
import { type Upload, uploadFiles, useUploads } from '../../api/uploads.ts';
import { notifyDone } from '../../ui/notify.tsx';
import { words } from '../../words/words.ts';
import type { Drafts, DraftUpload, UploadUse } from './drafts.ts';
import { draftsOf, noteUploads, pageId, takeUpload } from './open-drafts.ts';
import type { JobDocument } from './use-job-document.ts';

/** `cut`: the page that has begun it was closed; `failed`: it can be tried again where uploads are shown. */
export type UploadState = 'sending' | 'failed' | 'cut';

export interface UploadOfJob extends DraftUpload {
  state: UploadState;
}

export interface JobUploads {
  /** Those that have not arrived. */
  under: readonly UploadOfJob[];
  begin: (target: { tile: number; use: UploadUse }, files: Iterable<File>) => void;
  /** The job is to do without it. */
  giveUp: (upload: DraftUpload) => void;
}

/** Uploads that are for a job; they get their places when they have arrived, whether its form is in sight or not. */
export function useJobUploads(draftId: string, job: JobDocument): JobUploads {
  const drafts = draftsOf(useUser().id);
  const uploads = useUploads();
  const stateOf = (upload: DraftUpload) =>
    upload.fileId === null ? uploadState(upload, uploads) : 'sending';
  return {
    under: job.uploads.map((upload) => ({ ...upload, state: stateOf(upload) })),
    begin: (target, files) => {
      const begun = uploadFiles(files, (arrived) => take(drafts, arrived));
      noteUploads(drafts, draftId, target, begun);
    },
    giveUp: job.forgetUpload,
  };
}

/** What becomes of an upload that somebody waits for. */
export function uploadState(
  awaited: { pageId: string; key: number },
  uploads: readonly Pick<Upload, 'key' | 'state'>[],
): UploadState {
  if (awaited.pageId !== pageId) {
    return 'cut';
  }
  const state = uploads.find(({ key }) => key === awaited.key)?.state;
  return state === 'waiting' || state === 'sending' || state === 'done' ? 'sending' : 'failed';
}

/** Who cannot see it is told what has become of a file. */
function take(drafts: Drafts, { key, name, fileId }: { key: number; name: string; fileId: string }): void {
  const text = words.newJob;
  const { draftName, isInSight } = takeUpload(drafts, key, fileId);
  if (!isInSight) {
    notifyDone(draftName === null ? text.arrivedForNone(name) : text.arrived(name, draftName));
  }
}
