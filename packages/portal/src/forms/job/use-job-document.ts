import { useCallback, useEffect, useState } from 'react';
import { useUser } from '../../api/session.ts';
import { words } from '../../words/words.ts';
import { type Document, type Json, type Path, parse, write } from './document.ts';

/** Of each user their own: several may use a browser. */
const draftOf = (userId: string) => `quarry.draft.${userId}`;

export const EMPTY_JOB: Document = {
  name: words.newJob.defaultName,
  jobanalyses: [
    {
      analysis: { code: '', version: '' },
      command: '',
      hardware: { coreType: '', coresPerSlot: 1, slots: 1, walltime: 1 },
    },
  ],
};

export interface JobDocument {
  document: Document;
  /** The document as text; as somebody has typed it while they do. */
  text: string;
  /** Why what was typed is no document; null when it is one. */
  problem: string | null;
  isRestored: boolean;
  set(path: Path, value: Json | undefined): void;
  replace(document: Document): void;
  type(text: string): void;
  /** Forgets the draft. */
  clear(): void;
}

/** The document that form and JSON share, kept in this browser until it is saved as a job. */
export function useJobDocument(): JobDocument {
  const draft = draftOf(useUser().id);
  const [start] = useState(() => readDraft(draft));
  const [document, setDocument] = useState<Document>(start ?? EMPTY_JOB);
  /** Null while the text is that of the document. */
  const [typed, setTyped] = useState<{ text: string; problem: string | null } | null>(null);
  const [isRestored, setIsRestored] = useState(start !== null);

  useEffect(() => {
    // At once: the next thing may be that the page is loaded anew.
    if (document !== EMPTY_JOB) {
      keepDraft(draft, document);
    }
  }, [document, draft]);

  const set = useCallback((path: Path, value: Json | undefined) => {
    setTyped(null);
    setDocument((current) => write(current, path, value));
  }, []);
  const replace = useCallback((next: Document) => {
    setTyped(null);
    setIsRestored(false);
    setDocument(next);
  }, []);
  const type = useCallback((text: string) => {
    const parsed = parse(text);
    if ('document' in parsed) {
      setDocument(parsed.document);
      setTyped({ text, problem: null });
    } else {
      setTyped({ text, problem: parsed.problem || words.newJob.jsonNoObject });
    }
  }, []);
  const clear = useCallback(() => {
    localStorage.removeItem(draft);
    setTyped(null);
    setIsRestored(false);
    setDocument(EMPTY_JOB);
  }, [draft]);
  return {
    document,
    text: typed?.text ?? JSON.stringify(document, null, 2),
    problem: typed?.problem ?? null,
    isRestored,
    set,
    replace,
    type,
    clear,
  };
}

/** A browser keeps some megabytes: a draft that is longer must not take the form with it. */
function keepDraft(draft: string, document: Document): void {
  try {
    localStorage.setItem(draft, JSON.stringify(document));
  } catch {
    localStorage.removeItem(draft);
  }
}

function readDraft(draft: string): Document | null {
  const parsed = parse(localStorage.getItem(draft) ?? '');
  return 'document' in parsed ? parsed.document : null;
}
