import type { Job, Run } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { stateOfRun } from '../../api/job-state.ts';
import { runUsageQuery } from '../../api/queries.ts';
import { Panel } from '../../ui/panel.tsx';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './run-details.module.css';

interface Usage {
  wallSeconds: number | null;
  cpuSeconds: number | null;
  peakMemoryBytes: number | null;
  readBytes: number | null;
  writtenBytes: number | null;
}

/** What a run has used: measured when it has ended, and as it was looked at last while it executes. */
export function RunUsagePanel({ job, run }: { job: Job; run: Run }) {
  const { usage: text } = words.runs;
  const isRunning = stateOfRun(run) === 'running';
  const now = useQuery({ ...runUsageQuery(job.id, run.id), enabled: isRunning });
  const points = now.data?.points ?? [];
  const last = points.at(-1);
  const memory = points.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  const usage: Usage | null =
    run.usage ??
    (isRunning && last
      ? {
          wallSeconds: last.elapsedSeconds,
          cpuSeconds: last.cpuSeconds,
          peakMemoryBytes: memory.length > 0 ? Math.max(...memory) : null,
          readBytes: null,
          writtenBytes: null,
        }
      : null);
  const cores = job.jobanalyses[0]?.hardware.coresPerSlot ?? 1;
  return (
    <Panel title={text.title}>
      {usage === null ? (
        <p>{run.dateCompleted === null ? text.none : text.unknown}</p>
      ) : (
        <dl className={styles.pairs}>
          {figures(usage, cores).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Panel>
  );
}

function figures(usage: Usage, cores: number): [name: string, value: string][] {
  const { usage: text } = words.runs;
  const { wallSeconds, cpuSeconds, peakMemoryBytes, readBytes, writtenBytes } = usage;
  const share = wallSeconds && cpuSeconds !== null ? cpuSeconds / wallSeconds / cores : null;
  const bytes = (value: number | null) => (value === null ? null : formatBytes(value));
  const seconds = (value: number | null) => (value === null ? null : formatDuration(value));
  const all: [string, string | null][] = [
    [text.wall, seconds(wallSeconds)],
    [text.cpu, seconds(cpuSeconds)],
    [text.perCore, share === null ? null : text.perCoreOf(formatPercent(share), formatCount(cores))],
    [text.memory, bytes(peakMemoryBytes)],
    [text.read, bytes(readBytes)],
    [text.written, bytes(writtenBytes)],
  ];
  return all.filter((figure): figure is [string, string] => figure[1] !== null);
}
