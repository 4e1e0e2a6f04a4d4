import type { Document } from '../job/document.ts';
import { changedDraft, newDraftId } from '../job/drafts.ts';
import { changeDraft, draftsOf } from '../job/open-drafts.ts';

/** Makes a draft of a definition for the form of a job; answers its id, which the address of that form has. */
export function keepFreeJob(userId: string, definition: Readonly<Record<string, unknown>>): string {
  const id = newDraftId();
  changeDraft(draftsOf(userId), id, (draft) => changedDraft(draft, definition as Document));
  return id;
}
