import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { useUser } from '../../api/session.ts';
import { words } from '../../words/words.ts';
import { type Document, type Json, type Path, parse, write } from './document.ts';
import {
  changedDraft,
  type Draft,
  type DraftUpload,
  type TableField,
  withArrivals,
  withTable,
  withUploads,
} from './drafts.ts';
import {
  changeDraft,
  closeDraft,
  closeSavedDraft,
  draftsOf,
  onDraftChange,
  openDraft,
  showDraft,
} from './open-drafts.ts';

export const EMPTY_JOB: Document = {
  name: words.newJob.defaultName,
  jobanalyses: [
    {
      analysis: { code: '', version: '' },
      command: '',
      hardware: { coreType: '', coresPerSlot: 1, slots: 1 },
    },
  ],
};

export interface JobDocument {
  document: Document;
  /** The saved job that it changes, as it was when that began; null for one of its own. */
  basis: Document | null;
  /** The document as text; as somebody has typed it while they do. */
  text: string;
  /** Why what was typed is no document; null when it is one. */
  problem: string | null;
  /** Whether it was begun before. */
  isRestored: boolean;
  /** Whether the browser keeps it. */
  isKept: boolean;
  /** Whether another tab has saved or discarded it. */
  isGone: boolean;
  /** Under which id it goes on, since two tabs have changed it at once; null as long as this is the one. */
  movedTo: string | null;
  /** Files that have not arrived. */
  uploads: readonly DraftUpload[];
  /** The same as long as the document is. */
  idempotencyKey: string;
  /** Another one after each change. */
  revision: string;
  set(path: Path, value: Json | undefined): void;
  type(text: string): void;
  /** Takes back what was typed and cannot be read. */
  untype(): void;
  forgetUpload(upload: DraftUpload): void;
  /** Tables that were changed and are not used yet, as CSV. */
  tables: Draft['tables'];
  setTable(field: TableField, csv: string | null): void;
  /** What it changes is the job as it is saved now; what it says stays. */
  rebase(basis: Document): void;
  /** Forgets the draft. */
  close(): void;
  /** Forgets it once it is saved as it was at a revision; false where it has been changed since, and is kept. */
  closeSaved(revision: string): boolean;
}

/** The document that form and JSON share, kept in this browser until it is saved as a job; `basis` as `openDraft` has it. */
export function useJobDocument(id: string, start: Document, basis: Document | null = null): JobDocument {
  const drafts = draftsOf(useUser().id);
  const { draft, isKept, isGone, movedTo } = useSyncExternalStore(onDraftChange, () =>
    openDraft(drafts, id, start, basis),
  );
  const [isRestored] = useState(() => drafts.read(id) !== null);
  useEffect(() => showDraft(drafts, id), [drafts, id]);
  useQuestionBeforeLoss(!isKept);

  const set = useCallback(
    (path: Path, value: Json | undefined) =>
      changeDraft(drafts, id, (current) => changedDraft(current, write(current.document, path, value))),
    [drafts, id],
  );
  const type = useCallback(
    (text: string) =>
      changeDraft(drafts, id, (current) => {
        const parsed = parse(text);
        return 'document' in parsed
          ? withArrivals(changedDraft(current, parsed.document, text))
          : changedDraft(current, current.document, text);
      }),
    [drafts, id],
  );
  const untype = () =>
    changeDraft(drafts, id, (current) => withArrivals(changedDraft(current, current.document)));
  const forgetUpload = (upload: DraftUpload) =>
    changeDraft(drafts, id, (current) =>
      withUploads(
        current,
        current.uploads.filter(({ pageId, key }) => pageId !== upload.pageId || key !== upload.key),
      ),
    );
  const setTable = (field: TableField, csv: string | null) =>
    changeDraft(drafts, id, (current) => withTable(current, field, csv));
  return {
    document: draft.document,
    basis: draft.basis,
    text: draft.typed ?? JSON.stringify(draft.document, null, 2),
    problem: draft.typed === null ? null : problemOf(draft.typed),
    isRestored,
    isKept,
    isGone,
    movedTo,
    uploads: draft.uploads,
    idempotencyKey: draft.idempotencyKey,
    revision: draft.revision,
    set,
    type,
    untype,
    forgetUpload,
    tables: draft.tables,
    setTable,
    rebase: (saved) => changeDraft(drafts, id, (current) => ({ ...current, basis: saved })),
    close: () => closeDraft(drafts, id),
    closeSaved: (revision) => closeSavedDraft(drafts, id, revision),
  };
}

function problemOf(typed: string): string | null {
  const parsed = parse(typed);
  return 'document' in parsed ? null : parsed.problem || words.newJob.jsonNoObject;
}

/** The browser asks before it closes what it has not kept. */
function useQuestionBeforeLoss(isLost: boolean): void {
  useEffect(() => {
    if (!isLost) {
      return;
    }
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [isLost]);
}
