import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { words } from '../../words/words.ts';
import { NewForm } from './new-form.tsx';
import styles from './settings.module.css';

const LIFETIMES_DAYS = [30, 90, 365] as const;
const DEFAULT_DAYS = '90';
const DAY_MS = 86_400_000;

/** Makes a key, and shows it this once. */
export function NewKey() {
  const text = words.settings.keys;
  const [name, setName] = useState('');
  const [days, setDays] = useState(DEFAULT_DAYS);
  const create = useMutation({
    mutationFn: () => {
      const dateExpires = days === '' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
      return quarry.admin.createKey({ name: name.trim(), dateExpires });
    },
    onSuccess: () => {
      setName('');
      void queryClient.invalidateQueries({ queryKey: ['keys'] });
    },
  });
  if (create.data) {
    return <CreatedKey apiKey={create.data.key} onDone={() => create.reset()} />;
  }
  return (
    <NewForm
      title={text.make}
      action={text.create}
      missing={name.trim() === '' ? text.nameMissing : null}
      creation={create}
    >
      {(problem) => (
        <>
          <TextInput
            label={text.name}
            placeholder={text.namePlaceholder}
            value={name}
            maxLength={255}
            error={problem}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <NativeSelect
            label={text.expires}
            value={days}
            onChange={(event) => setDays(event.currentTarget.value)}
            data={[
              ...LIFETIMES_DAYS.map((each) => ({ value: String(each), label: text.days(String(each)) })),
              { value: '', label: text.never },
            ]}
          />
        </>
      )}
    </NewForm>
  );
}

function CreatedKey({ apiKey, onDone }: { apiKey: string; onDone: () => void }) {
  const text = words.settings.keys;
  const config = `[default]\napibaseurl = ${location.origin}\napikey = ${apiKey}\n`;
  return (
    <Panel title={text.created} tone="warning">
      <p>{text.createdText}</p>
      <pre className={styles.secret}>{apiKey}</pre>
      <p className="muted">{text.config}</p>
      <pre className={styles.secret}>{config}</pre>
      <div className={styles.buttons}>
        <CopyButton variant="filled" text={apiKey} label={text.copyKey} />
        <CopyButton text={config} label={text.copyConfig} />
        <Button onClick={onDone}>{text.done}</Button>
      </div>
    </Panel>
  );
}
