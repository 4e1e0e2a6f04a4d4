/** The drafts that this tab works at, whether their form is in sight or not: uploads arrive when they do. */
import { createStore } from '../../ui/store.ts';
import type { Document } from './document.ts';
import {
  changedDraft,
  type Draft,
  type Drafts,
  isUnchanged,
  NOTHING_ELSE,
  newDraftId,
  openDrafts,
  type UploadUse,
  withArrivals,
  withUploads,
} from './drafts.ts';

export interface OpenDraft {
  draft: Draft;
  /** The revision that the browser keeps, as far as this tab knows: an earlier one where there was no room for a later. */
  seen: string | null;
  /** Whether the browser has had room for it. */
  isKept: boolean;
  /** Whether another tab has saved or discarded it. */
  isGone: boolean;
  /** Under which id it goes on, since two tabs have changed it at once. */
  movedTo: string | null;
}

/** Uploads end with the page that has begun them. */
export const pageId = newDraftId();

const opened = new Map<string, OpenDraft>();
/** Counts their changes. */
const changes = createStore(0);
export const onDraftChange = changes.subscribe;

/** Which of them are in sight. */
const inSight = new Set<string>();

let ofUser: { userId: string; drafts: Drafts } | null = null;

/** The drafts of a user in this browser. */
export function draftsOf(userId: string): Drafts {
  if (ofUser?.userId !== userId) {
    ofUser = { userId, drafts: openDrafts(localStorage, userId) };
    opened.clear();
  }
  return ofUser.drafts;
}

function put(id: string, draft: OpenDraft): void {
  opened.set(id, draft);
  changes.set(changes.get() + 1);
}

/** A draft as it is, or as it begins with `start`; `basis` is the saved job that it would change then. */
export function openDraft(
  drafts: Drafts,
  id: string,
  start: Document,
  basis: Document | null = null,
): OpenDraft {
  let there = opened.get(id);
  if (there === undefined) {
    const kept = drafts.read(id);
    // What changes nothing begins with the job as it is now. Earlier portals did not keep what a draft began from.
    const draft =
      kept === null || (basis !== null && isUnchanged(kept))
        ? changedDraft({ ...NOTHING_ELSE, basis }, start)
        : { ...kept, basis: kept.basis ?? basis };
    there = { draft, seen: kept?.revision ?? null, isKept: true, isGone: false, movedTo: null };
    // Nothing has changed by that: forms open their draft while they are rendered.
    opened.set(id, there);
  }
  return there;
}

/** Changes a draft and keeps it. Where another tab has changed it since, ours goes on under another id. */
export function changeDraft(drafts: Drafts, id: string, change: (draft: Draft) => Draft): void {
  const before = openDraft(drafts, id, {});
  const draft = change(before.draft);
  const kept = drafts.keep(id, draft, before.seen);
  if (kept === 'changed-elsewhere') {
    const fork = newDraftId();
    const isKept = drafts.keep(fork, draft, null) === 'kept';
    const theirs = drafts.read(id);
    put(fork, { draft, seen: isKept ? draft.revision : null, isKept, isGone: false, movedTo: null });
    put(id, {
      ...before,
      draft: theirs ?? draft,
      seen: theirs?.revision ?? null,
      isKept: true,
      movedTo: fork,
    });
  } else {
    const isKept = kept === 'kept';
    const seen = isKept ? draft.revision : before.seen;
    put(id, { draft, seen, isKept, isGone: false, movedTo: null });
  }
}

/** Forgets a draft: it was saved, or is not wanted. */
export function closeDraft(drafts: Drafts, id: string): void {
  drafts.remove(id);
  opened.delete(id);
}

/** Says that the form of a draft is in sight, until the answer is called; the draft follows what other tabs make of it. */
export function showDraft(drafts: Drafts, id: string): () => void {
  inSight.add(id);
  const look = (mayBeGone: boolean) => {
    const there = opened.get(id);
    const draft = drafts.read(id);
    if (there === undefined) {
      return;
    }
    // What this tab alone has is not given up for what lies there: its next change goes on under another id.
    if (draft === null ? mayBeGone : there.isKept && draft.revision !== there.seen) {
      const seen = draft?.revision ?? null;
      put(id, { ...there, draft: draft ?? there.draft, seen, isGone: draft === null });
    }
  };
  const follow = ({ key, storageArea }: StorageEvent) => {
    if (storageArea === localStorage && key !== null && drafts.idOf(key) === id) {
      look(true);
    }
  };
  // While it was out of sight nobody has followed.
  look(false);
  addEventListener('storage', follow);
  return () => {
    inSight.delete(id);
    const there = opened.get(id);
    if (there !== undefined && isUnchanged(there.draft)) {
      // Whoever comes back sees the job as it is by then.
      opened.delete(id);
    } else if (there !== undefined && there.movedTo !== null) {
      opened.set(id, { ...there, movedTo: null });
    }
    removeEventListener('storage', follow);
  };
}

/** Forgets a draft that was saved as it was at a revision; what has been changed since is kept. Answers whether it is forgotten. */
export function closeSavedDraft(drafts: Drafts, id: string, revision: string): boolean {
  const isSaved = openDraft(drafts, id, {}).draft.revision === revision;
  if (isSaved) {
    closeDraft(drafts, id);
  }
  return isSaved;
}

export interface Arrival {
  /** The draft that has got the file; null when there is none any more. */
  draftName: string | null;
  /** Whether its form is in sight, so that nobody need be told. */
  isInSight: boolean;
}

/** Puts a file that has arrived where it was sent for. */
export function takeUpload(drafts: Drafts, key: number, fileId: string): Arrival {
  const ids = new Set([...opened.keys(), ...drafts.list().map(({ id }) => id)]);
  for (const id of ids) {
    const { draft, isGone } = openDraft(drafts, id, {});
    const upload = draft.uploads.find((each) => each.pageId === pageId && each.key === key);
    if (upload === undefined || isGone) {
      continue;
    }
    changeDraft(drafts, id, (current) =>
      withArrivals(
        withUploads(
          current,
          current.uploads.map((each) => (each === upload ? { ...each, fileId } : each)),
        ),
      ),
    );
    const { name } = draft.document;
    return { draftName: typeof name === 'string' ? name : '', isInSight: inSight.has(id) };
  }
  return { draftName: null, isInSight: false };
}

/** Notes that files are on their way to a draft. */
export function noteUploads(
  drafts: Drafts,
  id: string,
  target: { tile: number; use: UploadUse },
  uploads: readonly { key: number; name: string }[],
): void {
  const begun = uploads.map(({ key, name }) => ({ ...target, pageId, key, name, fileId: null }));
  changeDraft(drafts, id, (draft) => withUploads(draft, [...draft.uploads, ...begun]));
}
