import { Button, NativeSelect, TextInput } from '@mantine/core';
import type { ManagedProject } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Name } from '../../ui/name.tsx';
import { notifyDone, notifyFailed } from '../../ui/notify.tsx';
import { Panel } from '../../ui/panel.tsx';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import styles from '../settings/settings.module.css';

type Role = ManagedProject['members'][number]['role'];

interface ProjectMembersProps {
  project: ManagedProject;
  /** Closes the list; absent where it belongs to the page. */
  onHide?: () => void;
}

/** Who is in a project, and as what; more come by their address. */
export function ProjectMembers({ project, onHide }: ProjectMembersProps) {
  const text = words.keeper.projects;
  const away = useAwayRefusal();
  const marked = () => {
    for (const name of ['projects', 'managed-projects']) {
      void queryClient.invalidateQueries({ queryKey: [name] });
    }
  };
  const change = useMutation({
    mutationFn: ({ userId, role }: { userId: string; role: Role }) =>
      quarry.admin.addProjectMember(project.id, { userId, role }),
    onError: (error) => notifyFailed(text.changeFailed, error),
    onSettled: marked,
  });
  const remove = useMutation({
    mutationFn: ({ userId }: { userId: string; email: string }) =>
      quarry.admin.removeProjectMember(project.id, userId),
    onSuccess: (_, { email }) => notifyDone(text.memberRemoved(email)),
    onError: (error) => notifyFailed(text.changeFailed, error),
    onSettled: marked,
  });
  const roles = Object.entries(text.roles).map(([value, label]) => ({ value, label }));
  return (
    <Panel title={text.membersOf(project.name)}>
      {project.members.length === 0 ? (
        <p>{text.noMembers}</p>
      ) : (
        <DataTable
          label={text.membersOf(project.name)}
          rows={project.members}
          rowKey={({ userId }) => userId}
          columns={[
            { title: text.memberColumns.email, cell: ({ email }) => <Name>{email}</Name> },
            {
              title: text.memberColumns.role,
              cell: ({ userId, email, role }) => (
                <NativeSelect
                  size="xs"
                  miw={110}
                  aria-label={text.roleOf(email)}
                  value={role}
                  disabled={away !== null}
                  data={roles}
                  onChange={(event) => change.mutate({ userId, role: event.currentTarget.value as Role })}
                />
              ),
            },
            {
              title: text.memberColumns.actions,
              cell: (member) => (
                <ActionButton
                  size="compact-sm"
                  refusal={away}
                  aria-label={text.removeOf(member.email)}
                  onClick={() => remove.mutate(member)}
                >
                  {text.remove}
                </ActionButton>
              ),
            },
          ]}
        />
      )}
      <NewMember project={project} onAdded={marked} />
      {onHide && (
        <Button mt="md" onClick={onHide}>
          {text.hide}
        </Button>
      )}
    </Panel>
  );
}

function NewMember({ project, onAdded }: { project: ManagedProject; onAdded: () => void }) {
  const text = words.keeper.projects;
  const away = useAwayRefusal();
  const [email, setEmail] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const add = useMutation({
    mutationFn: (wanted: string) => quarry.admin.addProjectMember(project.id, { userId: wanted }),
    onSuccess: (_, wanted) => {
      setEmail('');
      notifyDone(text.memberAdded(wanted));
      onAdded();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setProblem(email.trim() === '' ? text.memberMissing : null);
    if (email.trim() !== '' && away === null) {
      add.mutate(email.trim());
    }
  };
  return (
    <>
      <form className={styles.form} onSubmit={submit} noValidate>
        <TextInput
          label={text.memberEmail}
          value={email}
          maxLength={254}
          error={problem}
          autoComplete="off"
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <ActionButton type="submit" refusal={away} loading={add.isPending}>
          {text.addMember}
        </ActionButton>
      </form>
      {add.error && <ErrorState error={add.error} />}
    </>
  );
}
