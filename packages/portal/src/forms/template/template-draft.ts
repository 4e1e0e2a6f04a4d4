/** What a keeper has typed at a job template, and the version that was the newest when that began. */
export interface TemplateDraft {
  text: string;
  /** 0 for a template that there is not yet. */
  basis: number;
}

type KeyedTexts = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Which draft it is: one of each template, and one of each earlier version that is looked at by itself. */
export interface DraftOf {
  userId: string;
  /** Null for a new template. */
  templateId: string | null;
  /** The version in the address; null while the newest is shown, whichever that is. */
  pinned: number | null;
}

function keyOf({ userId, templateId, pinned }: DraftOf): string {
  return ['quarry.template-draft', userId, templateId ?? 'new', ...(pinned === null ? [] : [pinned])].join(
    '.',
  );
}

export function readTemplateDraft(texts: KeyedTexts, of: DraftOf): TemplateDraft | null {
  try {
    const { text, basis } = JSON.parse(texts.getItem(keyOf(of)) ?? 'null') ?? {};
    return typeof text === 'string' && Number.isSafeInteger(basis) ? { text, basis } : null;
  } catch {
    return null;
  }
}

/** Keeps a draft, null for none; answers whether the browser has had room for it. */
export function keepTemplateDraft(texts: KeyedTexts, of: DraftOf, draft: TemplateDraft | null): boolean {
  try {
    if (draft === null) {
      texts.removeItem(keyOf(of));
    } else {
      texts.setItem(keyOf(of), JSON.stringify(draft));
    }
    return true;
  } catch {
    texts.removeItem(keyOf(of));
    return false;
  }
}

/** The draft once this is typed: none where it says what the template says, and otherwise begun when the first of it was. */
export function typedDraft(
  before: TemplateDraft | null,
  text: string,
  { shown, latest }: { shown: string; latest: number },
): TemplateDraft | null {
  return text === shown ? null : { text, basis: before?.basis ?? latest };
}

/** Whether somebody else has saved a version since a draft was begun. */
export function isOvertaken(draft: TemplateDraft | null, latest: number): boolean {
  return draft !== null && draft.basis < latest;
}
