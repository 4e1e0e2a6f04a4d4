import type { JobTemplate, TemplateField } from '@quarry/sdk';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useUser } from '../../api/session.ts';
import { uploadFiles, useUploads } from '../../api/uploads.ts';
import { notifyDone } from '../../ui/notify.tsx';
import { words } from '../../words/words.ts';
import { pageId } from '../job/open-drafts.ts';
import { type UploadState, uploadState } from '../job/use-job-uploads.ts';
import {
  type AwaitedFile,
  forgetForm,
  keepBeside,
  keepFields,
  keptBeside,
  keptFields,
  putArrival,
  withFile,
} from './kept-form.ts';
import { isMissing, restored, type Typed, toKeep, toValues } from './values.ts';

/** A file that has not arrived at its field. */
export type UploadOfField = AwaitedFile & { state: UploadState };

type Arrive = (upload: { key: number; name: string; fileId: string }, field: TemplateField) => void;

/** What takes an arrived file, by the key of its form, while that is in sight. */
const inSight = new Map<string, Arrive>();

/** What somebody has begun to fill in is kept in this browser until a job is made of it. */
export function useTemplateForm(template: Pick<JobTemplate, 'id' | 'name' | 'fields'>) {
  const draft = `quarry.form.${useUser().id}.${template.id}`;
  const [typed, setTyped] = useState<Typed>(() => restored(template.fields, keptFields(localStorage, draft)));
  const [beside, setBeside] = useState(() => keptBeside(localStorage, draft));
  /** Fields that have been changed: of the others nobody needs to hear that they are empty. */
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const uploads = useUploads();
  const kept = toKeep(template.fields, typed);
  useEffect(() => keepFields(localStorage, draft, kept), [draft, kept]);
  useEffect(() => keepBeside(localStorage, draft, beside), [draft, beside]);
  const change = (name: string, value: Typed[string]) => {
    setTyped((current) => ({ ...current, [name]: value }));
    setTouched((current) => new Set([...current, name]));
  };
  const giveUp = useCallback(
    (given: Pick<AwaitedFile, 'pageId' | 'key'>) =>
      setBeside((current) => ({
        ...current,
        awaited: current.awaited.filter((file) => file.pageId !== given.pageId || file.key !== given.key),
      })),
    [],
  );
  const awaited = useRef(beside.awaited);
  awaited.current = beside.awaited;
  useEffect(() => {
    inSight.set(draft, ({ key, fileId }, { name, type }) => {
      if (!awaited.current.some((file) => file.pageId === pageId && file.key === key)) {
        return;
      }
      setTyped((current) => {
        const ids = Array.isArray(current[name]) ? (current[name] as readonly string[]) : [];
        return { ...current, [name]: withFile(type, ids, fileId) };
      });
      giveUp({ pageId, key });
    });
    return () => void inSight.delete(draft);
  }, [draft, giveUp]);
  const take = (field: TemplateField, files: Iterable<File>) => {
    const begun = uploadFiles(files, (arrived) => arrive(draft, template.name, field, arrived));
    const added = begun.map(({ key, name }) => ({ pageId, key, name, field: field.name }));
    setBeside((current) => {
      // A field of one file waits for the last that was chosen.
      const others = current.awaited.filter((each) => field.type !== 'file' || each.field !== field.name);
      return { ...current, awaited: [...others, ...(field.type === 'file' ? added.slice(-1) : added)] };
    });
  };
  return {
    typed,
    touched,
    values: toValues(template.fields, typed),
    missing: new Set(template.fields.filter((field) => isMissing(field, typed)).map(({ name }) => name)),
    change,
    jobName: beside.jobName,
    setJobName: (jobName: string) => setBeside((current) => ({ ...current, jobName })),
    take,
    under: beside.awaited
      .filter(({ field }) => template.fields.some(({ name }) => name === field))
      .map((file): UploadOfField => ({ ...file, state: uploadState(file, uploads) })),
    giveUp,
    /** All of them count as changed: somebody wants the job. */
    touchAll: () => setTouched(new Set(template.fields.map(({ name }) => name))),
    forget: () => forgetForm(localStorage, draft),
  };
}

/** A file is there: its form takes it, in sight or not. */
function arrive(
  draft: string,
  templateName: string,
  field: TemplateField,
  upload: { key: number; name: string; fileId: string },
): void {
  const text = words.templates.form;
  const shown = inSight.get(draft);
  if (shown !== undefined) {
    shown(upload, field);
  } else if (putArrival(localStorage, draft, field, { ...upload, pageId })) {
    notifyDone(text.arrived(upload.name, templateName));
  } else {
    notifyDone(text.arrivedForNone(upload.name));
  }
}
