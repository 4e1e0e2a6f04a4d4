import type { Job } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { runFileSource } from '../api/byte-sources.ts';
import { downloadRunFile } from '../api/download.ts';
import { followGrowth } from '../api/follow-growth.ts';
import { stateOfRun } from '../api/job-state.ts';
import { LOG_NAME, runQuery } from '../api/queries.ts';
import { EarlierAttempts } from '../components/job/earlier-attempts.tsx';
import { JobFrame } from '../components/job/job-frame.tsx';
import { RunChooser } from '../components/job/run-chooser.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { type LogOptions, lineIn } from '../viewers/log/log-options.ts';
import { LogView } from '../viewers/log/log-view.tsx';
import { words } from '../words/words.ts';

/** The log of a run, followed while it grows. */
export function LogPage() {
  return <JobFrame part={words.log.title}>{(job) => <JobLog job={job} />}</JobFrame>;
}

function JobLog({ job }: { job: Job }) {
  const [search, change] = useSearchState();
  const runId = /^[1-9]\d{0,9}$/.test(search.run ?? '') ? search.run! : '1';
  const run = useQuery({ ...runQuery(job.id, runId), enabled: job.status !== null });
  const source = useMemo(() => runFileSource(job.id, runId), [job.id, runId]);
  const growth = useMemo(() => followGrowth(job.id, runId, LOG_NAME), [job.id, runId]);
  const options: LogOptions = {
    q: search.q ?? '',
    regex: search.re === '1',
    wrap: search.wrap === '1',
    times: search.time !== '0',
    line: lineIn(search.line),
  };
  const changeOptions = ({ q, regex, wrap, times, line }: Partial<LogOptions>) =>
    change({
      ...(q !== undefined && { q: q === '' ? undefined : q }),
      ...(regex !== undefined && { re: regex ? '1' : undefined }),
      ...(line !== undefined && { line: line === null ? undefined : String(line) }),
      ...(wrap !== undefined && { wrap: wrap ? '1' : undefined }),
      ...(times !== undefined && { time: times ? undefined : '0' }),
    });

  if (job.status === null) {
    return <EmptyState title={words.log.notYet}>{words.log.notYetText}</EmptyState>;
  }
  return (
    <>
      <RunChooser
        runs={job.progress?.runs ?? 1}
        runId={runId}
        onChange={(run) => change({ run, line: undefined })}
      />
      <Loaded query={run}>
        {(found) => {
          const state = stateOfRun(found);
          if (state === 'waiting') {
            return <EmptyState title={words.log.notYet}>{words.log.notYetText}</EmptyState>;
          }
          return (
            <>
              <EarlierAttempts run={found} />
              <LogView
                source={source}
                growth={state === 'running' ? growth : undefined}
                options={options}
                onOptions={changeOptions}
                onDownload={() => void downloadRunFile(job.id, runId, LOG_NAME)}
              />
            </>
          );
        }}
      </Loaded>
    </>
  );
}
