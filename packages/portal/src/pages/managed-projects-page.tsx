import { Button, TextInput } from '@mantine/core';
import type { ManagedProject } from '@quarry/sdk';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { managedProjectsQuery } from '../api/keeper-queries.ts';
import { queryClient } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { AdminFrame, forAdministrators } from '../components/admin/admin-frame.tsx';
import { ProjectMembers } from '../components/admin/project-members.tsx';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { ProjectName } from '../components/projects/project-name.tsx';
import { NewForm } from '../components/settings/new-form.tsx';
import styles from '../components/settings/settings.module.css';
import { ActionButton } from '../ui/action-button.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import keeper from '../ui/layout.module.css';
import { Loaded } from '../ui/loaded.tsx';
import { MoreButton } from '../ui/more-button.tsx';
import { notifyDone, notifyFailed } from '../ui/notify.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Age } from '../ui/time.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';

const marked = () => {
  for (const name of ['projects', 'managed-projects']) {
    void queryClient.invalidateQueries({ queryKey: [name] });
  }
};

/** All projects, and who is in them. */
export const ManagedProjectsPage = forAdministrators(() => {
  const text = words.keeper.projects;
  const [{ q = '', project: chosen }, change] = useSearchState();
  const query = useInfiniteQuery(managedProjectsQuery(q));
  return (
    <AdminFrame title={text.title} lead={text.lead}>
      <div className={keeper.stack}>
        <NewProject />
        <search>
          <SearchField
            label={text.search}
            value={q}
            onSearch={(typed) => change({ q: typed || undefined })}
          />
        </search>
        <Loaded query={query}>
          {({ pages }) => {
            const projects = pages.flatMap(({ results }) => results);
            if (projects.length === 0) {
              return q === '' ? (
                <EmptyState title={text.none}>
                  <p>{text.noneText}</p>
                </EmptyState>
              ) : (
                <EmptyState title={text.noneMatch} />
              );
            }
            const shown = projects.find(({ id }) => id === chosen);
            return (
              <>
                <ProjectsTable projects={projects} onChoose={(id) => change({ project: id })} />
                {shown && (
                  <ProjectMembers
                    key={shown.id}
                    project={shown}
                    onHide={() => change({ project: undefined })}
                  />
                )}
              </>
            );
          }}
        </Loaded>
        <MoreButton query={query}>{text.more}</MoreButton>
      </div>
    </AdminFrame>
  );
});

interface ProjectsTableProps {
  projects: readonly ManagedProject[];
  onChoose: (id: string) => void;
}

function ProjectsTable({ projects, onChoose }: ProjectsTableProps) {
  const text = words.keeper.projects;
  const away = useAwayRefusal();
  const toggle = useMutation({
    mutationFn: ({ id, isActive }: ManagedProject) => quarry.admin.updateProject(id, { isActive: !isActive }),
    onSuccess: ({ name, isActive }) => notifyDone(isActive ? text.reopenDone(name) : text.closeDone(name)),
    onError: (error) => notifyFailed(text.changeFailed, error),
    onSettled: marked,
  });
  return (
    <DataTable
      label={text.title}
      rows={projects}
      rowKey={({ id }) => id}
      columns={[
        {
          title: text.columns.name,
          cell: ({ id, name, description }) => <ProjectName id={id} name={name} description={description} />,
        },
        { title: text.columns.members, isNumber: true, cell: ({ members }) => formatCount(members.length) },
        { title: text.columns.state, cell: ({ isActive }) => (isActive ? text.open : text.closed) },
        { title: text.columns.added, cell: ({ dateInserted }) => <Age date={dateInserted} /> },
        {
          title: text.columns.actions,
          cell: (project) => (
            <div className={styles.buttons}>
              <Button
                size="compact-sm"
                aria-label={text.editOf(project.name)}
                onClick={() => onChoose(project.id)}
              >
                {text.edit}
              </Button>
              <ActionButton
                size="compact-sm"
                refusal={away}
                aria-label={project.isActive ? text.closeOf(project.name) : text.reopenOf(project.name)}
                onClick={() => toggle.mutate(project)}
              >
                {project.isActive ? text.close : text.reopen}
              </ActionButton>
            </div>
          ),
        },
      ]}
    />
  );
}

function NewProject() {
  const text = words.keeper.projects;
  const [name, setName] = useState('');
  const create = useMutation({
    mutationFn: () => quarry.admin.createProject({ name: name.trim() }),
    onSuccess: (project) => {
      setName('');
      notifyDone(text.created(project.name));
      marked();
    },
  });
  return (
    <NewForm
      title={text.add}
      action={text.create}
      missing={name.trim() === '' ? text.nameMissing : null}
      creation={create}
    >
      {(problem) => (
        <TextInput
          label={text.name}
          value={name}
          maxLength={255}
          error={problem}
          autoComplete="off"
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
    </NewForm>
  );
}
