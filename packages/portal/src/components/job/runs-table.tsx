import type { Job, Run } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { stateOfRun } from '../../api/job-state.ts';
import { runsQuery } from '../../api/queries.ts';
import { paths } from '../../paths.ts';
import { DataTable } from '../../ui/data-table.tsx';
import { Link } from '../../ui/link.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount, formatDuration } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { StateBadge } from '../state-badge.tsx';

/** The runs of a job, the first of many. */
export function RunsTable({ job }: { job: Job }) {
  const { runs: text } = words.job;
  const query = useQuery(runsQuery(job.id));
  return (
    <Panel title={text.title}>
      <Loaded query={query}>
        {({ results, count }) => (
          <>
            {count > 1 && (
              <p className="muted">
                {results.length < count && text.shown(formatCount(results.length), formatCount(count))}{' '}
                <Link to={paths.jobRuns(job.id)}>{words.runs.toAll}</Link>
              </p>
            )}
            <DataTable
              label={text.title}
              rows={results}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: text.run,
                  cell: ({ id }) => <Link to={paths.run(job.id, id)}>{id}</Link>,
                },
                { title: text.state, cell: (run) => <StateBadge state={stateOfRun(run)} /> },
                { title: text.duration, isNumber: true, cell: durationOf },
                { title: text.exit, isNumber: true, cell: ({ exitCode }) => exitCode ?? '' },
                {
                  title: text.files,
                  isNumber: true,
                  cell: ({ outputFileCount }) => formatCount(outputFileCount),
                },
                { title: text.variables, cell: variablesOf },
              ]}
            />
          </>
        )}
      </Loaded>
    </Panel>
  );
}

function durationOf({ usage }: Run): string {
  return usage ? formatDuration(usage.wallSeconds) : '';
}

function variablesOf({ variables }: Run): string {
  return variables.map(({ name, displayValue }) => `${name} = ${displayValue}`).join(', ');
}
