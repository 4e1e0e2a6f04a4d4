import { Button, Checkbox, CloseButton, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fileQuery, filesQuery } from '../../api/queries.ts';
import { DropZone } from '../../components/files/drop-zone.tsx';
import { Name } from '../../ui/name.tsx';
import { formatBytes } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { type Document, isObject, read } from './document.ts';
import { type FieldsProps, listAt } from './fields.ts';
import styles from './job-form.module.css';
import type { JobUploads, UploadOfJob } from './use-job-uploads.ts';

const OFFERED_FILES = 6;
const TYPING_MS = 250;

/** Files that lie in the directory of each run: uploaded here, or there already. */
export function InputFields({ job, tile, errorOf, uploads }: FieldsProps & { uploads: JobUploads }) {
  const text = words.newJob;
  const at = ['jobanalyses', tile, 'inputFiles'] as const;
  const inputs = listAt(job.document, at).filter(isObject);
  const add = (id: string) => job.set(at, [...inputs, { id, decompress: true }]);
  const error = errorOf(at);
  return (
    <>
      <p className="muted">{text.inputsHint}</p>
      <DropZone label={text.uploadHere} onFiles={(files) => uploads.begin({ tile, use: 'input' }, files)} />
      {inputs.length === 0 && <p>{text.noInputs}</p>}
      <ul className={styles.inputs}>
        {inputs.map((input, index) => (
          <li key={String(input.id)}>
            <Input
              input={input}
              error={errorOf([...at, index]) ?? errorOf([...at, index, 'id'])}
              onUnpack={(value) => job.set([...at, index, 'decompress'], value)}
              onRemove={() => job.set([...at, index], undefined)}
            />
          </li>
        ))}
        {uploads.under
          .filter((upload) => upload.tile === tile && upload.use === 'input')
          .map((upload) => (
            <li key={`${upload.pageId} ${upload.key}`}>
              <PendingInput upload={upload} onRemove={() => uploads.giveUp(upload)} />
            </li>
          ))}
      </ul>
      {error !== null && <p className={styles.error}>{error}</p>}
      <Library has={(id) => inputs.some((input) => input.id === id)} onAdd={add} />
    </>
  );
}

/** An input that has not arrived, and perhaps never will. */
export function PendingInput({ upload, onRemove }: { upload: UploadOfJob; onRemove: () => void }) {
  const { name, state } = upload;
  const text = words.newJob;
  const isSending = state === 'sending';
  return (
    <div className={styles.input}>
      <Name className={styles.inputName}>{name}</Name>
      <span className={isSending ? 'muted' : styles.error}>{text.uploadStates[state]}</span>
      {!isSending && <CloseButton aria-label={text.removeInput(name)} onClick={onRemove} />}
    </div>
  );
}

interface InputProps {
  input: Document;
  error: string | null;
  onUnpack: (value: boolean) => void;
  onRemove: () => void;
}

function Input({ input, error, onUnpack, onRemove }: InputProps) {
  const text = words.newJob;
  const id = String(input.id ?? '');
  const file = useQuery({ ...fileQuery(id), enabled: id !== '' });
  const name = file.data?.name ?? id;
  return (
    <>
      <div className={styles.input}>
        <Name className={styles.inputName}>{name}</Name>
        <span className="muted">{file.data && formatBytes(file.data.decryptedSize)}</span>
        <Checkbox
          label={text.unpack}
          checked={read(input, ['decompress']) !== false}
          onChange={(event) => onUnpack(event.currentTarget.checked)}
        />
        <CloseButton aria-label={text.removeInput(name)} onClick={onRemove} />
      </div>
      {(error ?? file.error) !== null && <p className={styles.error}>{error ?? file.error?.message}</p>}
    </>
  );
}

function Library({ has, onAdd }: { has: (id: string) => boolean; onAdd: (id: string) => void }) {
  const text = words.newJob;
  const [search, setSearch] = useState('');
  const [wanted] = useDebouncedValue(search.trim(), TYPING_MS);
  const query = useInfiniteQuery({ ...filesQuery({ search: wanted }), enabled: wanted !== '' });
  const found = wanted === '' ? [] : (query.data?.pages[0]?.results ?? []);
  return (
    <>
      <TextInput
        label={text.library}
        placeholder={text.librarySearch}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <ul className={styles.inputs}>
        {found
          .filter(({ id }) => !has(id))
          .slice(0, OFFERED_FILES)
          .map(({ id, name, decryptedSize }) => (
            <li key={id}>
              <div className={styles.input}>
                <Name className={styles.inputName}>{name}</Name>
                <span className="muted">{formatBytes(decryptedSize)}</span>
                <Button size="compact-sm" aria-label={text.addOf(name)} onClick={() => onAdd(id)}>
                  {text.add}
                </Button>
              </div>
            </li>
          ))}
      </ul>
    </>
  );
}
