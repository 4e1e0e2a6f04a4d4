import type { JobTemplate, TemplateField } from '@quarry/sdk';
import { useEffect, useRef, useState } from 'react';
import { useUser } from '../../api/session.ts';
import { useUploads } from '../../api/uploads.ts';
import { isMissing, restored, type Typed, toKeep, toValues } from './values.ts';

/** What somebody has begun to fill in is kept in this browser until a job is made of it. */
export function useTemplateForm(template: Pick<JobTemplate, 'id' | 'fields'>) {
  const draft = `quarry.form.${useUser().id}.${template.id}`;
  const [typed, setTyped] = useState<Typed>(() => restored(template.fields, localStorage.getItem(draft)));
  /** Fields that have been changed: of the others nobody needs to hear that they are empty. */
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const kept = toKeep(template.fields, typed);
  useEffect(() => {
    try {
      if (kept === null) {
        localStorage.removeItem(draft);
      } else {
        localStorage.setItem(draft, kept);
      }
    } catch {
      localStorage.removeItem(draft);
    }
  }, [draft, kept]);
  const change = (name: string, value: Typed[string]) => {
    setTyped((current) => ({ ...current, [name]: value }));
    setTouched((current) => new Set([...current, name]));
  };
  const files = useFiles((name, add) =>
    setTyped((current) => {
      const ids = Array.isArray(current[name]) ? (current[name] as readonly string[]) : [];
      return { ...current, [name]: add(ids) };
    }),
  );
  return {
    typed,
    touched,
    values: toValues(template.fields, typed),
    missing: new Set(template.fields.filter((field) => isMissing(field, typed)).map(({ name }) => name)),
    change,
    take: files.take,
    isUploading: files.isUploading,
    /** All of them count as changed: somebody wants the job. */
    touchAll: () => setTouched(new Set(template.fields.map(({ name }) => name))),
    forget: () => localStorage.removeItem(draft),
  };
}

/** Uploads that were begun for a field: each becomes its value when it has arrived. */
function useFiles(put: (name: string, add: (ids: readonly string[]) => readonly string[]) => void) {
  const uploads = useUploads();
  const [awaited, setAwaited] = useState<ReadonlyMap<number, TemplateField>>(new Map());
  const latest = useRef(put);
  latest.current = put;
  useEffect(() => {
    const arrived = uploads.filter(({ key, fileId }) => awaited.has(key) && fileId !== null);
    if (arrived.length === 0) {
      return;
    }
    for (const { key, fileId } of arrived) {
      const { name, type } = awaited.get(key)!;
      latest.current(name, (ids) =>
        type === 'file' ? [fileId!] : [...ids.filter((id) => id !== fileId), fileId!],
      );
    }
    setAwaited(
      (current) => new Map([...current].filter(([key]) => !arrived.some((each) => each.key === key))),
    );
  }, [uploads, awaited]);
  return {
    take: (field: TemplateField, keys: readonly number[]) =>
      setAwaited((current) => new Map([...current, ...keys.map((key) => [key, field] as const)])),
    isUploading: uploads.some(
      ({ key, state }) => awaited.has(key) && (state === 'waiting' || state === 'sending'),
    ),
  };
}
