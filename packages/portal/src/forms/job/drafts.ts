/**
 * Jobs that somebody has begun, kept in this browser until they are saved. Each has an id of its own, which stands in the
 * address of its form: several can be begun at once, and none overwrites another.
 */
import { newIdempotencyKey, randomId } from '../../api/random-id.ts';
import { type Document, isObject, type Json, type Path, parse, read, write } from './document.ts';

export interface Draft {
  document: Document;
  /** The saved job that it changes, as it was when that began; null for one of its own. */
  basis: Document | null;
  /** The JSON as somebody has typed it, readable or not; null while it is that of the document. */
  typed: string | null;
  /** Files that are on their way to it. */
  uploads: readonly DraftUpload[];
  /** Tables that were changed and are not uploaded, as CSV by the field of the definition that they are for. */
  tables: Readonly<Partial<Record<TableField, string>>>;
  /** Of the request that saves it: to send it twice makes one job. */
  idempotencyKey: string;
  /** When it was changed, in ISO 8601. */
  changed: string;
  /** Another one each time it is kept, so that a tab sees that another has been at it. */
  revision: string;
}

/** Fields of a definition that name a table. */
export const TABLE_FIELDS = ['paramFile', 'caseFile'] as const;
export type TableField = (typeof TABLE_FIELDS)[number];

/** Scripts around the command of a tile, and how each is started. */
export const SCRIPT_FIELDS = ['preProcessScript', 'postProcessScript'] as const;
export type ScriptField = (typeof SCRIPT_FIELDS)[number];

/** What a file is for: an input, a template or a script of its tile, or a table. */
export type UploadUse = 'input' | 'template' | ScriptField | TableField;

export interface DraftUpload {
  /** The page that has begun it; uploads end with theirs. */
  pageId: string;
  /** Of the upload in its page. */
  key: number;
  name: string;
  tile: number;
  use: UploadUse;
  /** Once it has arrived, until it is among the inputs. */
  fileId: string | null;
}

export interface DraftEntry {
  id: string;
  name: string;
  changed: string;
}

export type Kept = 'kept' | 'changed-elsewhere' | 'no-room';

type KeyedTexts = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

const ID = /^[A-Za-z0-9-]{1,80}$/;
const ID_WORDS = 2;

export function isDraftId(id: string | undefined): id is string {
  return id !== undefined && ID.test(id);
}

export function newDraftId(): string {
  return randomId(ID_WORDS);
}

/** The draft with another document: what saves it is another request then. */
export function changedDraft(
  { uploads, tables, basis }: Pick<Draft, 'uploads' | 'tables' | 'basis'>,
  document: Document,
  typed: string | null = null,
): Draft {
  return {
    document,
    basis,
    typed,
    uploads,
    tables,
    idempotencyKey: newIdempotencyKey(),
    changed: new Date().toISOString(),
    revision: randomId(ID_WORDS),
  };
}

/** What a draft is before anything is done to it. */
export const NOTHING_ELSE: Pick<Draft, 'uploads' | 'tables' | 'basis'> = {
  uploads: [],
  tables: {},
  basis: null,
};

/** Whether a draft of a saved job changes nothing of it. */
export function isUnchanged({ document, basis, typed, uploads, tables }: Draft): boolean {
  return (
    basis !== null &&
    JSON.stringify(document) === JSON.stringify(basis) &&
    (typed === null || 'document' in parse(typed)) &&
    uploads.length === 0 &&
    Object.keys(tables).length === 0
  );
}

/** The draft with other uploads. */
export function withUploads(draft: Draft, uploads: readonly DraftUpload[]): Draft {
  return { ...draft, uploads, revision: randomId(ID_WORDS) };
}

/** The draft with a table that is being changed; null when it is not any more. */
export function withTable(draft: Draft, field: TableField, csv: string | null): Draft {
  const { [field]: _before, ...others } = draft.tables;
  const tables = csv === null ? others : { ...others, [field]: csv };
  return { ...draft, tables, changed: new Date().toISOString(), revision: randomId(ID_WORDS) };
}

/** The draft with what has arrived in its place. JSON that cannot be read is typed at yet: all that waits until it can. */
export function withArrivals(draft: Draft): Draft {
  const { typed, document, uploads } = draft;
  const arrived = uploads.filter(({ fileId }) => fileId !== null);
  if (arrived.length === 0 || (typed !== null && !('document' in parse(typed)))) {
    return draft;
  }
  const next = arrived.reduce((before, upload) => place(before, upload, upload.fileId!), document);
  return changedDraft({ ...draft, uploads: uploads.filter(({ fileId }) => fileId === null) }, next);
}

function place(document: Document, { use, tile, name }: DraftUpload, id: string): Document {
  switch (use) {
    case 'input':
      return append(document, ['jobanalyses', tile, 'inputFiles'], { id, decompress: true });
    case 'template':
      return append(document, ['jobanalyses', tile, 'templateTasks'], {
        processedFilename: name.replace(TEMPLATE_ENDING, ''),
        templateFile: { id },
      });
    case 'preProcessScript':
    case 'postProcessScript':
      return write(document, ['jobanalyses', tile, use], { id });
    default:
      return write(document, [use], { id });
  }
}

/** `in.tmpl` and the like become `in`. */
const TEMPLATE_ENDING = /(?<=.)\.(?:tmpl|tpl|template)$/i;

function append(document: Document, at: Path, value: Json): Document {
  const list = read(document, at);
  return write(document, at, [...(Array.isArray(list) ? list : []), value]);
}

export interface Drafts {
  read(id: string): Draft | null;
  /** Newest first. */
  list(): DraftEntry[];
  /** Keeps a draft, unless somebody else has changed it since the revision `seen`, or the browser has no room for it. */
  keep(id: string, draft: Draft, seen: string | null): Kept;
  remove(id: string): void;
  /** The draft that an entry of the storage is of; null for another one. */
  idOf(key: string): string | null;
}

/** The drafts of a user: several people may use a browser. */
export function openDrafts(storage: KeyedTexts, userId: string): Drafts {
  const prefix = `quarry.draft.${userId}.`;
  const read = (id: string) => readDraft(storage.getItem(prefix + id));
  const idOf = (key: string) => {
    const id = key.startsWith(prefix) ? key.slice(prefix.length) : undefined;
    return isDraftId(id) ? id : null;
  };
  const keep = (id: string, draft: Draft, seen: string | null): Kept => {
    const there = read(id);
    if (there !== null && there.revision !== seen) {
      return 'changed-elsewhere';
    }
    try {
      storage.setItem(prefix + id, JSON.stringify(draft));
      return 'kept';
    } catch {
      return 'no-room';
    }
  };
  adoptOldDraft(storage, userId, keep);
  return {
    read,
    idOf,
    keep,
    list: () =>
      Array.from({ length: storage.length }, (_, index) => idOf(storage.key(index) ?? ''))
        .flatMap((id) => {
          const draft = id === null ? null : read(id);
          return id === null || draft === null ? [] : [entryOf(id, draft)];
        })
        .sort((a, b) => b.changed.localeCompare(a.changed)),
    remove: (id) => storage.removeItem(prefix + id),
  };
}

function entryOf(id: string, { document, changed }: Draft): DraftEntry {
  return { id, name: typeof document.name === 'string' ? document.name : '', changed };
}

/** Earlier portals kept one draft of each user, a document alone. */
function adoptOldDraft(storage: KeyedTexts, userId: string, keep: Drafts['keep']): void {
  const key = `quarry.draft.${userId}`;
  const text = storage.getItem(key);
  if (text === null) {
    return;
  }
  const parsed = parse(text);
  // Below its own name first: there may be room for one of them only.
  storage.removeItem(key);
  if (
    'document' in parsed &&
    keep(newDraftId(), changedDraft(NOTHING_ELSE, parsed.document), null) === 'no-room'
  ) {
    storage.setItem(key, text);
  }
}

function readDraft(text: string | null): Draft | null {
  const parsed = parse(text ?? '');
  if (!('document' in parsed) || !isObject(parsed.document.document)) {
    return null;
  }
  const { document, basis, typed, uploads, tables, idempotencyKey, changed, revision } = parsed.document;
  return {
    document,
    basis: isObject(basis) ? basis : null,
    typed: typeof typed === 'string' ? typed : null,
    uploads: Array.isArray(uploads) ? (uploads as unknown as DraftUpload[]).filter(isUpload) : [],
    tables: isObject(tables) ? (tables as Draft['tables']) : {},
    idempotencyKey: typeof idempotencyKey === 'string' ? idempotencyKey : newIdempotencyKey(),
    changed: typeof changed === 'string' ? changed : '',
    revision: typeof revision === 'string' ? revision : '',
  };
}

function isUpload(upload: DraftUpload): boolean {
  return (
    isObject(upload) &&
    typeof upload.name === 'string' &&
    typeof upload.use === 'string' &&
    upload.fileId !== undefined
  );
}
