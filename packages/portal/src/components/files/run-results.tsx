import { Button } from '@mantine/core';
import type { Job, Run } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { fileSource, runFileSource, viewLink } from '../../api/byte-sources.ts';
import { downloadFile, downloadOutputs, downloadRunFile } from '../../api/download.ts';
import { followGrowth } from '../../api/follow-growth.ts';
import { stateOfRun } from '../../api/job-state.ts';
import { runDirectoryQuery, runFilesQuery } from '../../api/queries.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Name } from '../../ui/name.tsx';
import { toList } from '../../ui/search.ts';
import { SearchField } from '../../ui/search-field.tsx';
import { Age } from '../../ui/time.tsx';
import { useSearchState } from '../../ui/use-search.ts';
import type { ChartFile } from '../../viewers/chart/use-chart.ts';
import type { ViewLink } from '../../viewers/page/page-view.tsx';
import type { Siblings } from '../../viewers/siblings.ts';
import { formatBytes, formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { FilePreview } from './file-preview.tsx';
import styles from './run-results.module.css';

/** Of more files the first are listed; the filter finds the others. */
const MAX_LISTED = 300;

/** What is chosen of a file, here by the viewer that reads it, does not hold for another. */
const CHOSEN = {
  every: ['path', 'view', 'find', 're', 'line', 'page', 'entry'],
  chart: ['x', 'y', 'rows', 'log', 'smooth', 'range'],
  mesh: ['array', 'comp', 'map', 'opacity', 'edges', 'clip', 'unit', 'cam', 'step'],
};
const NOTHING_CHOSEN = Object.fromEntries(
  Object.values(CHOSEN)
    .flat()
    .map((name) => [name, undefined]),
);

interface Entry {
  path: string;
  size: number | null;
  date: string | null;
  /** Null while it lies in the directory of a run that executes. */
  fileId: string | null;
}

/** The files of a run and what they hold: its outputs, or while it executes what lies in its directory. */
export function RunResults({ job, run }: { job: Job; run: Run }) {
  const text = words.files.results;
  const state = stateOfRun(run);
  if (state === 'waiting') {
    return (
      <EmptyState title={text.waiting}>
        <p>{text.waitingText}</p>
      </EmptyState>
    );
  }
  return state === 'running' ? <Directory job={job} run={run} /> : <Outputs job={job} run={run} />;
}

function Outputs({ job, run }: { job: Job; run: Run }) {
  const query = useQuery(runFilesQuery(job.id, run));
  return (
    <Loaded query={query}>
      {(files) => (
        <Entries
          job={job}
          run={run}
          entries={files.map((file) => ({
            path: file.relativePath,
            size: file.decryptedSize,
            date: file.dateModified ?? file.dateUploaded,
            fileId: file.id,
          }))}
        />
      )}
    </Loaded>
  );
}

function Directory({ job, run }: { job: Job; run: Run }) {
  const text = words.files.results;
  const query = useQuery(runDirectoryQuery(job.id, run));
  return (
    <>
      <p className={styles.note}>
        {text.executing}{' '}
        <Button size="compact-sm" loading={query.isFetching} onClick={() => void query.refetch()}>
          {text.refresh}
        </Button>
      </p>
      <Loaded query={query}>
        {(entries) => (
          <Entries
            job={job}
            run={run}
            entries={entries.map(({ path, sizeBytes, dateModified }) => ({
              path,
              size: sizeBytes ?? null,
              date: dateModified ?? null,
              fileId: null,
            }))}
          />
        )}
      </Loaded>
    </>
  );
}

function Entries({ job, run, entries }: { job: Job; run: Run; entries: readonly Entry[] }) {
  const text = words.files.results;
  const [search, change] = useSearchState();
  const { q: filter = '' } = search;
  const wanted = filter.trim().toLowerCase();
  const found = useMemo(
    () => entries.filter(({ path }) => path.toLowerCase().includes(wanted)),
    [entries, wanted],
  );
  const chosen = entries.find(({ path }) => path === toList(search.path)[0]);
  const listed = found.slice(0, MAX_LISTED);
  if (entries.length === 0) {
    return (
      <EmptyState title={text.none}>
        <p>{text.noneText}</p>
      </EmptyState>
    );
  }
  return (
    <div className={styles.parts}>
      <div className={styles.list}>
        <div className={styles.tools}>
          <SearchField
            label={text.filter}
            value={filter}
            onSearch={(typed) => change({ q: typed || undefined })}
          />
          {entries.some(({ fileId }) => fileId !== null) && (
            <Button size="sm" onClick={() => void downloadOutputs(job.id, run.id)}>
              {words.files.downloadAll}
            </Button>
          )}
        </div>
        {listed.length < entries.length && (
          <p className="muted">{text.shown(formatCount(listed.length), formatCount(entries.length))}</p>
        )}
        <DataTable
          label={text.title}
          rows={listed}
          rowKey={({ path }) => path}
          columns={[
            {
              title: words.files.columns.name,
              cell: ({ path }) => (
                <button
                  type="button"
                  className={styles.file}
                  aria-pressed={path === chosen?.path}
                  onClick={() => change({ ...NOTHING_CHOSEN, path }, { replace: false })}
                >
                  <Name>{path}</Name>
                </button>
              ),
            },
            {
              title: words.files.columns.size,
              isNumber: true,
              cell: ({ size }) => (size === null ? '' : formatBytes(size)),
            },
            {
              title: words.files.columns.date,
              cell: ({ date }) => (date === null ? '' : <Age date={date} />),
            },
          ]}
        />
      </div>
      <div className={styles.preview}>
        {chosen ? (
          <Chosen
            job={job}
            run={run}
            entry={chosen}
            entries={entries}
            onClose={() => change(NOTHING_CHOSEN)}
          />
        ) : (
          <p className="muted">{text.choose}</p>
        )}
      </div>
    </div>
  );
}

interface ChosenProps {
  job: Job;
  run: Run;
  entry: Entry;
  entries: readonly Entry[];
  onClose: () => void;
}

function Chosen({ job, run, entry: { path, fileId }, entries, onClose }: ChosenProps) {
  const file = useMemo(() => openEntry(job.id, run.id, { path, fileId }), [job.id, run.id, path, fileId]);
  const siblings = useMemo<Siblings>(
    () => ({
      names: entries.map((each) => each.path),
      open: (name) => {
        const found = entries.find((each) => each.path === name);
        return found === undefined ? null : openEntry(job.id, run.id, found);
      },
    }),
    [job.id, run.id, entries],
  );
  const link = useMemo<ViewLink | undefined>(
    () => (fileId === null ? undefined : (options) => viewLink(fileId, options)),
    [fileId],
  );
  const download = () =>
    void (fileId === null ? downloadRunFile(job.id, run.id, path) : downloadFile(fileId));
  return (
    <FilePreview {...file} siblings={siblings} viewLink={link} onDownload={download} onClose={onClose} />
  );
}

/** A file of a run, followed while the run executes. */
function openEntry(
  jobId: string,
  runId: string,
  { path, fileId }: Pick<Entry, 'path' | 'fileId'>,
): ChartFile {
  return fileId === null
    ? { name: path, source: runFileSource(jobId, runId, path), growth: followGrowth(jobId, runId, path) }
    : { name: path, source: fileSource(fileId) };
}
