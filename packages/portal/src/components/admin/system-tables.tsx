import type { SystemState } from '@quarry/sdk';
import { paths } from '../../paths.ts';
import { DataTable } from '../../ui/data-table.tsx';
import styles from '../../ui/layout.module.css';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Age } from '../../ui/time.tsx';
import { formatCount, formatDuration } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';

/** Agents speak every half a minute: what is more is worth a word. */
const SILENT_SECONDS = 60;

export function QueueTable({ queue: { count, entries } }: { queue: SystemState['queue'] }) {
  const text = words.keeper.system.queue;
  return (
    <Panel title={text.title}>
      {entries.length === 0 ? (
        <p>{text.empty}</p>
      ) : (
        <DataTable
          label={text.title}
          rows={entries}
          rowKey={({ jobId, clusterId }) => jobId ?? clusterId ?? ''}
          columns={[
            {
              title: text.columns.place,
              isNumber: true,
              cell: ({ waiting }) => (waiting?.position == null ? '' : formatCount(waiting.position)),
            },
            {
              title: text.columns.job,
              cell: (entry) => <NamedThing {...entry} clusterId={entry.clusterId} />,
            },
            { title: text.columns.owner, cell: ({ owner }) => <Name>{owner}</Name> },
            { title: text.columns.cores, isNumber: true, cell: ({ cores }) => formatCount(cores) },
            { title: text.columns.type, cell: ({ coreType }) => coreType },
            { title: text.columns.since, cell: ({ dateSubmitted }) => <Age date={dateSubmitted} /> },
            { title: text.columns.why, cell: ({ waiting }) => waiting?.message ?? text.unseen },
          ]}
        />
      )}
      {count > entries.length && <p>{text.more(formatCount(count - entries.length))}</p>}
    </Panel>
  );
}

export function ClustersInUse({ clusters: { count, entries } }: { clusters: SystemState['clusters'] }) {
  const text = words.keeper.system.clusters;
  return (
    <Panel title={text.title}>
      {entries.length === 0 ? (
        <p>{text.empty}</p>
      ) : (
        <DataTable
          label={text.title}
          rows={entries}
          rowKey={({ id }) => id}
          columns={[
            {
              title: text.columns.cluster,
              cell: ({ id }) => (
                <Link to={paths.cluster(id)} className="mono">
                  {id}
                </Link>
              ),
            },
            {
              title: text.columns.job,
              cell: ({ id, jobId, name }) => <NamedThing jobId={jobId} clusterId={id} name={name} />,
            },
            { title: text.columns.owner, cell: ({ owner }) => <Name>{owner}</Name> },
            { title: text.columns.cores, isNumber: true, cell: ({ cores }) => formatCount(cores) },
            { title: text.columns.type, cell: ({ coreType }) => coreType },
            { title: text.columns.agent, cell: (entry) => <AgentState {...entry} /> },
          ]}
        />
      )}
      {count > entries.length && <p>{words.keeper.system.queue.more(formatCount(count - entries.length))}</p>}
    </Panel>
  );
}

function AgentState({ isAlive, silentSeconds, jobId }: SystemState['clusters']['entries'][number]) {
  const text = words.keeper.system.clusters;
  if (!isAlive) {
    return <span className={styles.bad}>{text.gone}</span>;
  }
  if (silentSeconds !== null && silentSeconds > SILENT_SECONDS) {
    return <span className={styles.warning}>{text.silentFor(formatDuration(silentSeconds))}</span>;
  }
  return jobId === null ? text.persistent : text.alive;
}

function NamedThing({
  jobId,
  clusterId,
  name,
}: {
  jobId: string | null;
  clusterId: string | null;
  name: string;
}) {
  const to = jobId === null ? paths.cluster(clusterId ?? '') : paths.job(jobId);
  return (
    <Link to={to}>
      <Name>{name}</Name>
    </Link>
  );
}

/** Those that fail first, and the others on demand. */
export function BackgroundTasks({ tasks }: { tasks: SystemState['tasks'] }) {
  const text = words.keeper.system.tasks;
  const failing = tasks.filter(({ lastError }) => lastError !== null);
  return (
    <Panel title={text.title} tone={failing.length > 0 ? 'warning' : 'plain'}>
      <p>{failing.length === 0 ? text.works : text.failing(formatCount(failing.length))}</p>
      {failing.length > 0 && <TaskTable label={text.title} tasks={failing} />}
      <details>
        <summary>{text.all}</summary>
        <TaskTable label={text.all} tasks={tasks} />
      </details>
    </Panel>
  );
}

function TaskTable({ label, tasks }: { label: string; tasks: SystemState['tasks'] }) {
  const { columns, never } = words.keeper.system.tasks;
  return (
    <DataTable
      label={label}
      rows={tasks}
      rowKey={({ name }) => name}
      columns={[
        { title: columns.name, cell: ({ name }) => name },
        {
          title: columns.last,
          cell: ({ dateLastRun }) => (dateLastRun ? <Age date={dateLastRun} /> : never),
        },
        { title: columns.runs, isNumber: true, cell: ({ runs }) => formatCount(runs) },
        { title: columns.failures, isNumber: true, cell: ({ failures }) => formatCount(failures) },
        {
          title: columns.error,
          cell: ({ lastError }) => lastError && <span className={styles.bad}>{lastError}</span>,
        },
      ]}
    />
  );
}

export function SettingsInEffect({ settings }: { settings: SystemState['settings'] }) {
  const text = words.keeper.system.settings;
  return (
    <Panel title={text.title}>
      <details>
        <summary>{text.show}</summary>
        <DataTable
          label={text.title}
          rows={settings}
          rowKey={({ name }) => name}
          columns={[
            { title: text.columns.name, cell: ({ name }) => <code>{name}</code> },
            { title: text.columns.value, cell: (setting) => <code>{describeValue(setting)}</code> },
            { title: text.columns.source, cell: ({ source }) => text.sources[source] },
            { title: text.columns.meaning, cell: ({ meaning }) => <span className="muted">{meaning}</span> },
          ]}
        />
      </details>
    </Panel>
  );
}

function describeValue({ value, isSecret, source }: SystemState['settings'][number]): string {
  const text = words.keeper.system.settings;
  if (isSecret) {
    return source === 'default' ? text.unset : text.secret;
  }
  if (value === null) {
    return text.byHost;
  }
  return [value].flat().join(' ');
}
