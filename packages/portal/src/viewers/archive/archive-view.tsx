import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Name } from '../../ui/name.tsx';
import { notifyFailed } from '../../ui/notify.tsx';
import { saveBlob } from '../../ui/save-blob.ts';
import { SearchField } from '../../ui/search-field.tsx';
import { formatBytes, formatCount, formatDateTime } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { ByteSource } from '../byte-source.ts';
import styles from './archive-view.module.css';
import { type ArchiveEntry, ArchiveError, type ArchiveList } from './entry.ts';
import { readArchive } from './read-archive.ts';
import { isTakeable, takeEntry } from './take-entry.ts';

/** Of more entries the first are shown; the filter finds the others. */
const MAX_SHOWN = 500;

interface ArchiveViewProps {
  source: ByteSource;
  name: string;
  /** Entries are shown whose path has this in it. */
  filter: string;
  onFilter: (filter: string) => void;
}

/** What is in a zip or tar. Only the places that tell that are read. */
export function ArchiveView({ source, name, ...filtered }: ArchiveViewProps) {
  const text = words.viewers.archive;
  const query = useQuery({
    queryKey: ['bytes', source.key, 'archive'],
    queryFn: async ({ signal }): Promise<ArchiveList | { reason: string }> => {
      try {
        return await readArchive(source, signal);
      } catch (error) {
        // What the file is cannot be mended by asking again.
        if (error instanceof ArchiveError || error instanceof TypeError) {
          return { reason: error.message };
        }
        throw error;
      }
    },
    gcTime: 0,
  });
  return (
    <Loaded query={query}>
      {(list) =>
        'reason' in list ? (
          <EmptyState title={text.failed}>
            <p>{list.reason}</p>
          </EmptyState>
        ) : list.entries.length === 0 ? (
          <EmptyState title={text.empty} />
        ) : (
          <Entries source={source} name={name} list={list} {...filtered} />
        )
      }
    </Loaded>
  );
}

interface EntriesProps extends ArchiveViewProps {
  list: ArchiveList;
}

function Entries({ source, name, list: { entries, isCut }, filter, onFilter }: EntriesProps) {
  const text = words.viewers.archive;
  const wanted = filter.trim().toLowerCase();
  const found = entries.filter(({ path }) => path.toLowerCase().includes(wanted));
  const shown = found.slice(0, MAX_SHOWN).map((entry, index) => ({ entry, index }));
  const files = entries.filter(({ kind }) => kind === 'file');
  const unpacked = files.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
  return (
    <>
      <p className="muted">
        {text.count(formatCount(files.length), formatBytes(unpacked))}{' '}
        {isCut && text.cut(formatCount(entries.length))}
        {shown.length < entries.length &&
          ` ${text.shown(formatCount(shown.length), formatCount(entries.length))}`}
      </p>
      <SearchField label={text.filter} value={filter} onSearch={onFilter} />
      <div className={styles.frame}>
        <DataTable
          label={text.table(name)}
          rows={shown}
          rowKey={({ index }) => String(index)}
          columns={[
            {
              title: text.path,
              cell: ({ entry }) => (
                <span className={styles.path}>
                  <Name>{entry.path}</Name>
                </span>
              ),
            },
            {
              title: text.size,
              isNumber: true,
              cell: ({ entry }) =>
                entry.sizeBytes === null ? text.kinds[entry.kind] : formatBytes(entry.sizeBytes),
            },
            {
              title: text.date,
              cell: ({ entry }) => (entry.date === null ? '' : formatDateTime(entry.date)),
            },
            {
              title: text.action,
              cell: ({ entry }) => isTakeable(entry) && <TakeButton source={source} entry={entry} />,
            },
          ]}
        />
      </div>
    </>
  );
}

function TakeButton({ source, entry }: { source: ByteSource; entry: ArchiveEntry }) {
  const text = words.viewers.archive;
  const [isBusy, setIsBusy] = useState(false);
  const take = async () => {
    setIsBusy(true);
    try {
      saveBlob(new Blob([await takeEntry(source, entry)]), entry.path.split('/').at(-1) || 'entry');
    } catch (error) {
      notifyFailed(text.notTaken, error);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Button
      size="compact-xs"
      loading={isBusy}
      aria-label={text.takeNamed(entry.path)}
      onClick={() => void take()}
    >
      {text.take}
    </Button>
  );
}
