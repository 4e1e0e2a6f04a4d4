import type { DoctorRun } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { systemQuery } from '../../api/keeper-queries.ts';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { announce } from '../../ui/announcer.tsx';
import styles from '../../ui/layout.module.css';
import { notifyFailed } from '../../ui/notify.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Moment } from '../../ui/time.tsx';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';

const TONES = { ok: styles.good, warning: styles.warning, error: styles.bad } as const;

/** What the doctor found last, and a button that has it look anew. */
export function DoctorPanel({ doctor }: { doctor: DoctorRun | null }) {
  const text = words.keeper.system.doctor;
  const away = useAwayRefusal();
  const look = useMutation({
    mutationFn: () => quarry.admin.runDoctor(),
    onSuccess: () => announce(text.begun),
    onError: (error) => notifyFailed(text.notBegun, error),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: systemQuery.queryKey }),
  });
  const isLooking = doctor?.state === 'running' || look.isPending;
  const isBad = doctor?.state === 'failed' || doctor?.checks.some(({ status }) => status === 'error');
  return (
    <Panel title={text.title} tone={isBad ? 'failure' : 'plain'}>
      <p>
        {text.lead}{' '}
        <ActionButton
          size="compact-sm"
          refusal={away ?? (isLooking ? text.looking : null)}
          onClick={() => look.mutate()}
        >
          {text.look}
        </ActionButton>
      </p>
      {doctor === null && <p>{text.never}</p>}
      {isLooking && <p>{text.looking}</p>}
      {doctor?.dateEnded && (
        <p className="muted">
          {text.last}: <Moment date={doctor.dateEnded} />
        </p>
      )}
      {doctor?.failure && (
        <p className={styles.bad}>
          {text.failed}: {doctor.failure}
        </p>
      )}
      {doctor && doctor.checks.length > 0 && (
        <ul className={styles.checks}>
          {doctor.checks.map(({ name, status, message, hint, items }) => (
            <li key={`${name} ${message}`}>
              <strong className={TONES[status]}>{text.statuses[status]}</strong> {name}: {message}
              {hint && <div className="muted">{hint}</div>}
              {items.length > 0 && (
                // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
                <pre className={styles.items} tabIndex={0}>
                  {items.join('\n')}
                </pre>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
