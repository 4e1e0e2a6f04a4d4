import { NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useUser } from '../../api/session.ts';
import { words } from '../../words/words.ts';
import type { FieldsProps } from './fields.ts';
import { listAt, textAt } from './fields.ts';

/** What a job is called, and whom it belongs to. */
export function AboutFields({ job, errorOf }: FieldsProps) {
  const text = words.newJob;
  const user = useUser();
  const tags = listAt(job.document, ['tags']).filter((tag) => typeof tag === 'string');
  // A comma that was just typed is not there in the list that comes of it.
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <>
      <TextInput
        label={text.name}
        value={textAt(job.document, ['name'])}
        onChange={(event) => job.set(['name'], event.currentTarget.value)}
        error={errorOf(['name'])}
        maxLength={255}
      />
      <NativeSelect
        label={text.project}
        value={textAt(job.document, ['projectId'])}
        onChange={(event) => job.set(['projectId'], event.currentTarget.value || null)}
        data={[
          { value: '', label: text.noProject },
          ...user.company.projects.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        error={errorOf(['projectId'])}
      />
      <TextInput
        label={text.tags}
        value={typed ?? tags.join(', ')}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          const list = event.currentTarget.value.split(',').map((tag) => tag.trim());
          job.set(['tags'], [...new Set(list.filter((tag) => tag !== ''))]);
        }}
        onBlur={() => setTyped(null)}
        error={errorOf(['tags'])}
      />
    </>
  );
}
