import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useUser } from '../../api/session.ts';
import { paths } from '../../paths.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Age } from '../../ui/time.tsx';
import { words } from '../../words/words.ts';
import { closeDraft, draftsOf } from './open-drafts.ts';
import type { JobDocument } from './use-job-document.ts';

/** What there is to know about where a draft is kept. */
export function DraftNotes({ job }: { job: JobDocument }) {
  const text = words.newJob.drafts;
  return (
    <>
      {job.isRestored && <p className="muted">{text.restored}</p>}
      {job.isGone && <p role="status">{text.gone}</p>}
      {!job.isKept && <p role="alert">{text.noRoom}</p>}
    </>
  );
}

/** What else was begun in this browser; nothing where that is nothing. */
export function OtherDrafts({ except }: { except: string }) {
  const text = words.newJob.drafts;
  const drafts = draftsOf(useUser().id);
  const [entries, setEntries] = useState(() => drafts.list());
  const [asked, setAsked] = useState<string | null>(null);
  const others = entries.filter(({ id }) => id !== except);
  if (others.length === 0) {
    return null;
  }
  const nameOf = (name: string) => name || text.nameless;
  const wanted = others.find(({ id }) => id === asked);
  return (
    <Panel title={text.others}>
      <DataTable
        label={text.others}
        rows={others}
        rowKey={({ id }) => id}
        columns={[
          {
            title: text.columns.name,
            cell: ({ id, name }) => (
              <DraftLink id={id}>
                <Name>{nameOf(name)}</Name>
              </DraftLink>
            ),
          },
          { title: text.columns.changed, cell: ({ changed }) => changed && <Age date={changed} /> },
          {
            title: text.columns.actions,
            cell: ({ id, name }) => (
              <Button
                size="compact-sm"
                aria-label={text.discardOf(nameOf(name))}
                onClick={() => setAsked(id)}
              >
                {text.discard}
              </Button>
            ),
          },
        ]}
      />
      {wanted && (
        <DiscardDraft
          name={nameOf(wanted.name)}
          onClose={() => setAsked(null)}
          onDiscard={() => {
            closeDraft(drafts, wanted.id);
            setEntries(drafts.list());
            setAsked(null);
          }}
        />
      )}
    </Panel>
  );
}

/** Of drafts that change a job that is saved already. */
const EDIT_PREFIX = 'edit-';

function DraftLink({ id, children }: { id: string; children: ReactNode }) {
  return id.startsWith(EDIT_PREFIX) ? (
    <Link to={paths.jobEdit(id.slice(EDIT_PREFIX.length))}>{children}</Link>
  ) : (
    <Link to={paths.newJob()} search={{ draft: id }}>
      {children}
    </Link>
  );
}

export function draftIdOfJob(jobId: string): string {
  return EDIT_PREFIX + jobId;
}

interface DiscardDraftProps {
  name: string;
  onDiscard: () => void;
  onClose: () => void;
}

export function DiscardDraft({ name, onDiscard, onClose }: DiscardDraftProps) {
  const text = words.newJob.drafts;
  return (
    <Confirm isOpen title={text.discardTitle} action={text.discard} onClose={onClose} onConfirm={onDiscard}>
      <p>
        <Name>{name}</Name>: {text.discardText}
      </p>
    </Confirm>
  );
}
