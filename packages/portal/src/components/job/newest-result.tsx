import type { FileObject, Job, Run } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, Suspense, useMemo } from 'react';
import { fileSource, runFileSource } from '../../api/byte-sources.ts';
import { followGrowth } from '../../api/follow-growth.ts';
import { type JobState, stateOfRun } from '../../api/job-state.ts';
import { lazyPart } from '../../api/lazy-part.ts';
import { jobFilesQuery, LOG_NAME, runQuery } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { presetOfLog, presetOfSoftware } from '../../presets/presets.ts';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import type { ChartFile } from '../../viewers/chart/use-chart.ts';
import { viewByName } from '../../viewers/choose-view.ts';
import { words } from '../../words/words.ts';
import { useBeginning } from '../files/use-beginning.ts';
import styles from './newest-result.module.css';

const CompactChart = lazyPart(() => import('../../viewers/chart/compact-chart.tsx'), 'CompactChart');
const ImageView = lazyPart(() => import('../../viewers/image-view.tsx'), 'ImageView');

const CHART_PX = 220;
/** What a page shows without being asked for is not fetched when it is larger. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** What there is to see of a job: how its solver converges, live, or the newest picture or table among its outputs. */
export function NewestResult({ job, state }: { job: Job; state: JobState }) {
  const hasOneRun = (job.progress?.runs ?? 1) === 1;
  const isBegun = state !== 'saved' && state !== 'waiting' && state !== 'starting';
  const run = useQuery({ ...runQuery(job.id, '1'), enabled: isBegun && hasOneRun });
  const newest = <NewestFile job={job} isBegun={isBegun} />;
  if (!isBegun || run.data === undefined || run.data.dateStarted === null) {
    return isBegun && !hasOneRun ? newest : null;
  }
  return (
    <Convergence job={job} run={run.data}>
      {newest}
    </Convergence>
  );
}

/** Residuals of a run by its log; what is in it where there are none. */
function Convergence({ job, run, children }: { job: Job; run: Run; children: ReactNode }) {
  const isRunning = stateOfRun(run) === 'running';
  const file = useMemo<ChartFile>(
    () => ({
      name: LOG_NAME,
      source: runFileSource(job.id, run.id),
      growth: isRunning ? followGrowth(job.id, run.id, LOG_NAME) : undefined,
    }),
    [job.id, run.id, isRunning],
  );
  const bySoftware = presetOfSoftware(job.jobanalyses[0]?.analysis.code ?? '');
  const beginning = useBeginning(file.source, bySoftware === null);
  const preset = bySoftware ?? presetOfLog(beginning.data ?? '');
  if (preset === null) {
    return children;
  }
  return (
    <Suspense>
      <Panel title={words.job.newest.convergence(preset.title)}>
        <CompactChart file={file} preset={preset} height={CHART_PX}>
          <p className="muted">{isRunning ? words.job.newest.notYet : words.job.newest.noIterations}</p>
        </CompactChart>
        <p>
          <Link to={paths.runResults(job.id, run.id)} search={{ path: LOG_NAME, view: 'residuals' }}>
            {words.job.newest.open}
          </Link>
        </p>
      </Panel>
    </Suspense>
  );
}

function NewestFile({ job, isBegun }: { job: Job; isBegun: boolean }) {
  const files = useQuery({ ...jobFilesQuery(job.id), enabled: isBegun });
  const file = files.data?.results.find(isShown);
  const source = useMemo(() => (file === undefined ? null : fileSource(file.id)), [file]);
  if (file === undefined || source === null) {
    return null;
  }
  const text = words.job.newest;
  const isImage = viewByName(file.name) === 'image';
  return (
    <Panel title={isImage ? text.image : text.chart}>
      <div className={styles.file}>
        <Suspense>
          {isImage ? (
            <ImageView source={source} name={file.relativePath} />
          ) : (
            <CompactChart file={{ name: file.relativePath, source }} preset={null} height={CHART_PX}>
              <p className="muted">{text.noNumbers}</p>
            </CompactChart>
          )}
        </Suspense>
      </div>
      <p>
        <Link to={paths.file(file.id)}>
          <Name>{file.relativePath}</Name>
        </Link>
      </p>
    </Panel>
  );
}

function isShown({ name, decryptedSize }: FileObject): boolean {
  const view = viewByName(name);
  return (view === 'image' || view === 'table') && decryptedSize > 0 && decryptedSize <= MAX_FILE_BYTES;
}
