import { type FormEvent, type ReactNode, useState } from 'react';
import { ActionButton } from '../../ui/action-button.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Panel } from '../../ui/panel.tsx';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import styles from './settings.module.css';

interface NewFormProps {
  title: string;
  /** What its button says. */
  action: string;
  /** Why what is typed is not enough; null when it is. */
  missing: string | null;
  creation: { isPending: boolean; error: unknown; mutate: () => void };
  /** The fields; they are told what is missing once somebody has tried without. */
  children: (problem: string | null) => ReactNode;
}

/** Makes something of a few fields. */
export function NewForm({ title, action, missing, creation, children }: NewFormProps) {
  const away = useAwayRefusal();
  const [isTried, setIsTried] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(missing !== null);
    if (missing === null && away === null) {
      creation.mutate();
    }
  };
  return (
    <Panel title={title}>
      <form className={styles.form} onSubmit={submit} noValidate>
        {children(isTried ? missing : null)}
        <ActionButton type="submit" variant="filled" refusal={away} loading={creation.isPending}>
          {action}
        </ActionButton>
      </form>
      {creation.error !== null && <ErrorState error={creation.error} />}
    </Panel>
  );
}
