import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { quarry } from '../api/sdk.ts';
import { setUser, useUser } from '../api/session.ts';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { SessionsTable } from '../components/settings/sessions-table.tsx';
import styles from '../components/settings/settings.module.css';
import { SettingsFrame } from '../components/settings/settings-frame.tsx';
import { ActionButton } from '../ui/action-button.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { notifyDone } from '../ui/notify.tsx';
import { Panel } from '../ui/panel.tsx';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** Who somebody is here, and where they are signed in. */
export function ProfilePage() {
  const text = words.settings.profile;
  const user = useUser();
  const away = useAwayRefusal();
  const [fullName, setFullName] = useState(user.fullName);
  const save = useMutation({
    mutationFn: () => quarry.users.updateMe({ fullName: fullName.trim() }),
    onSuccess: (changed) => {
      setUser(changed);
      notifyDone(text.saved);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (away === null) {
      save.mutate();
    }
  };
  return (
    <SettingsFrame title={text.title}>
      <div className={styles.stack}>
        <Panel title={text.title}>
          <dl className={styles.facts}>
            <dt>{text.email}</dt>
            <dd>{user.email}</dd>
            {user.role && (
              <>
                <dt>{text.role}</dt>
                <dd>{text.roles[user.role]}</dd>
              </>
            )}
            <dt>{text.workspace}</dt>
            <dd>{user.workspace.name}</dd>
            <dt>{text.maxHours}</dt>
            <dd>{text.hours(formatCount(user.maxJobHours))}</dd>
          </dl>
        </Panel>
        <Panel title={text.name}>
          <form className={styles.form} onSubmit={submit}>
            <TextInput
              aria-label={text.name}
              value={fullName}
              maxLength={255}
              autoComplete="name"
              onChange={(event) => setFullName(event.currentTarget.value)}
            />
            <ActionButton type="submit" variant="filled" refusal={away} loading={save.isPending}>
              {text.save}
            </ActionButton>
          </form>
          {save.error && <ErrorState error={save.error} />}
        </Panel>
        <SessionsTable />
      </div>
    </SettingsFrame>
  );
}
