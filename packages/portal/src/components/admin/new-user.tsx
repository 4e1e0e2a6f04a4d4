import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import type { ManagedUser } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Panel } from '../../ui/panel.tsx';
import { words } from '../../words/words.ts';
import { NewForm } from '../settings/new-form.tsx';
import styles from '../settings/settings.module.css';

/** Adds a user; their first key is shown this once. */
export function NewUser() {
  const text = words.keeper.users;
  const [email, setEmail] = useState('');
  const [fullName, setFullName] = useState('');
  const [role, setRole] = useState<ManagedUser['role']>('member');
  const [withKey, setWithKey] = useState(false);
  const create = useMutation({
    mutationFn: () =>
      quarry.admin.createUser({
        email: email.trim(),
        fullName: fullName.trim(),
        role,
        createApiKey: withKey,
      }),
    onSuccess: () => {
      setEmail('');
      setFullName('');
      setRole('member');
      void queryClient.invalidateQueries({ queryKey: ['users'] });
    },
  });
  if (create.data) {
    const { email: added, apiKey } = create.data;
    return (
      <Panel title={text.created(added)} tone={apiKey === null ? 'plain' : 'warning'}>
        <p>{apiKey === null ? text.noKeyText : text.keyText}</p>
        {apiKey !== null && <pre className={styles.secret}>{apiKey}</pre>}
        <div className={styles.buttons}>
          {apiKey !== null && <CopyButton variant="filled" text={apiKey} label={text.copyKey} />}
          <Button onClick={() => create.reset()}>{apiKey === null ? text.add : text.done}</Button>
        </div>
      </Panel>
    );
  }
  return (
    <NewForm
      title={text.add}
      action={text.create}
      missing={email.trim() === '' ? text.emailMissing : null}
      creation={create}
    >
      {(problem) => (
        <>
          <TextInput
            type="email"
            label={text.columns.email}
            value={email}
            maxLength={254}
            error={problem}
            autoComplete="off"
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <TextInput
            label={text.fullName}
            value={fullName}
            maxLength={255}
            autoComplete="off"
            onChange={(event) => setFullName(event.currentTarget.value)}
          />
          <NativeSelect
            label={text.columns.role}
            value={role}
            data={Object.entries(text.roles).map(([value, label]) => ({ value, label }))}
            onChange={(event) => setRole(event.currentTarget.value as ManagedUser['role'])}
          />
          <Checkbox
            label={text.withKey}
            checked={withKey}
            onChange={(event) => setWithKey(event.currentTarget.checked)}
          />
        </>
      )}
    </NewForm>
  );
}
