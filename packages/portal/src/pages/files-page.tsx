import { ActionIcon, Checkbox } from '@mantine/core';
import type { FileObject } from '@quarry/sdk';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { downloadFile } from '../api/download.ts';
import { filesQuery, queryClient } from '../api/queries.ts';
import { quarry } from '../api/sdk.ts';
import { DropZone } from '../components/files/drop-zone.tsx';
import { madeBy } from '../components/files/made-by.ts';
import { useAwayRefusal } from '../components/jobs/use-job-actions.ts';
import { paths } from '../paths.ts';
import { Confirm } from '../ui/confirm.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { IconDownload, IconTrash } from '../ui/icons.ts';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { MoreButton } from '../ui/more-button.tsx';
import { Name } from '../ui/name.tsx';
import { notifyDone, notifyFailed } from '../ui/notify.tsx';
import { Page } from '../ui/page.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { Age } from '../ui/time.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { formatBytes, formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';
import styles from './files-page.module.css';

/** What somebody has uploaded and what their jobs have put out, in one list as long as there are no folders. */
export function FilesPage() {
  const text = words.files;
  const [search, change] = useSearchState();
  const { q = '', type } = search;
  const query = useInfiniteQuery(filesQuery({ ...(q && { search: q }), ...(type === '1' && { type: 1 }) }));
  const files = query.data?.pages.flatMap(({ results }) => results) ?? [];
  const count = query.data?.pages[0]?.count ?? 0;
  const [asked, setAsked] = useState<FileObject | null>(null);
  const away = useAwayRefusal();
  const remove = useMutation({
    mutationFn: (file: FileObject) => quarry.files.delete(file.id),
    onSuccess: (_, file) => notifyDone(text.deleted(file.name)),
    onError: (error) => notifyFailed(text.deleteFailed, error),
    onSettled: () => {
      setAsked(null);
      void queryClient.invalidateQueries({ queryKey: ['files'] });
    },
  });
  return (
    <Page title={text.title} lead={query.data ? text.count(formatCount(count), count === 1) : text.lead}>
      <DropZone />
      <search className={styles.tools}>
        <SearchField label={text.search} value={q} onSearch={(next) => change({ q: next || undefined })} />
        <Checkbox
          label={text.inputsOnly}
          checked={type === '1'}
          onChange={(event) => change({ type: event.currentTarget.checked ? '1' : undefined })}
        />
      </search>
      <Loaded query={query}>
        {() =>
          files.length === 0 ? (
            <EmptyState title={q || type ? text.noMatch : text.empty}>
              {!q && !type && <p>{text.emptyText}</p>}
            </EmptyState>
          ) : (
            <DataTable
              label={text.title}
              rows={files}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: text.columns.name,
                  cell: (file) => <FileName file={file} />,
                },
                {
                  title: text.columns.type,
                  cell: ({ typeId }) => text.types[typeId] ?? text.otherType(String(typeId)),
                },
                {
                  title: text.columns.size,
                  isNumber: true,
                  cell: ({ decryptedSize }) => formatBytes(decryptedSize),
                },
                { title: text.columns.date, cell: ({ dateUploaded }) => <Age date={dateUploaded} /> },
                {
                  title: text.columns.actions,
                  cell: (file) => (
                    <span className={styles.actions}>
                      <ActionIcon
                        aria-label={`${text.download}: ${file.name}`}
                        onClick={() => void downloadFile(file.id)}
                      >
                        <IconDownload size={16} aria-hidden />
                      </ActionIcon>
                      <ActionIcon aria-label={`${text.delete}: ${file.name}`} onClick={() => setAsked(file)}>
                        <IconTrash size={16} aria-hidden />
                      </ActionIcon>
                    </span>
                  ),
                },
              ]}
            />
          )
        }
      </Loaded>
      <MoreButton mt="md" query={query}>
        {text.more}
      </MoreButton>
      {asked && (
        <Confirm
          isOpen
          title={text.askDelete}
          action={text.delete}
          isPending={remove.isPending}
          refusal={away}
          onClose={() => setAsked(null)}
          onConfirm={() => remove.mutate(asked)}
        >
          <p>
            <Name>{asked.name}</Name>
          </p>
          <p>{text.askDeleteText}</p>
        </Confirm>
      )}
    </Page>
  );
}

/** Logs of all runs have the same name; what tells them apart stands below. */
function FileName({ file: { id, name, path } }: { file: FileObject }) {
  const maker = madeBy(path);
  return (
    <>
      <Link to={paths.file(id)}>
        <Name>{name}</Name>
      </Link>
      {maker && (
        <div className="muted">
          {words.files.madeBy}{' '}
          <Link to={paths.run(maker.jobId, maker.runId)} className="mono">
            {words.files.ofRun(maker.jobId, maker.runId)}
          </Link>
        </div>
      )}
    </>
  );
}
