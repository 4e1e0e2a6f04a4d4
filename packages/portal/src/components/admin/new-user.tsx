import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core';
import type { ManagedUser } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Panel } from '../../ui/panel.tsx';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import styles from '../settings/settings.module.css';

/** Adds a user; their first key is shown this once. */
export function NewUser() {
  const text = words.keeper.users;
  const away = useAwayRefusal();
  const [email, setEmail] = useState('');
  const [fullName, setFullName] = useState('');
  const [role, setRole] = useState<ManagedUser['role']>('member');
  const [withKey, setWithKey] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
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
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setProblem(email.trim() === '' ? text.emailMissing : null);
    if (email.trim() !== '' && away === null) {
      create.mutate();
    }
  };
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
    <Panel title={text.add}>
      <form className={styles.form} onSubmit={submit} noValidate>
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
        <ActionButton type="submit" variant="filled" refusal={away} loading={create.isPending}>
          {text.create}
        </ActionButton>
      </form>
      {create.error && <ErrorState error={create.error} />}
    </Panel>
  );
}
