import { Button } from '@mantine/core';
import type { Job } from '@quarry/sdk';
import { useNavigate } from '@tanstack/react-router';
import { paths } from '../../paths.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Link } from '../../ui/link.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import { StateBadge } from '../state-badge.tsx';
import { tellValue } from './shown-axes.ts';
import styles from './sweep-parts.module.css';
import type { Sweep } from './sweep-table.ts';

/** Of very wide tables only so many values are listed; the others are in the table. */
const MAX_VALUES = 60;

interface RunPanelProps {
  job: Job;
  sweep: Sweep;
  row: number;
  onClose: () => void;
}

/** One run: what it was given, what it printed, and where that leads. */
export function RunPanel({ job, sweep, row, onClose }: RunPanelProps) {
  const { run: text } = words.sweep;
  const navigate = useNavigate();
  const away = useAwayRefusal();
  const run = String(sweep.runs[row]);
  return (
    <Panel title={text.title(formatCount(sweep.runs[row]!))}>
      <p>
        <StateBadge state={sweep.states[row]!} />
      </p>
      {(['input', 'output'] as const).map((kind) => {
        const columns = sweep.columns.filter((column) => column.kind === kind).slice(0, MAX_VALUES);
        return (
          columns.length > 0 && (
            <div key={kind}>
              <h3>{kind === 'input' ? text.inputs : text.outputs}</h3>
              <dl className={styles.values}>
                {columns.map((column) => (
                  <div key={column.name}>
                    <dt>
                      <Name>{column.name}</Name>
                    </dt>
                    <dd>
                      <Name>{tellValue(column, column.values[row]!)}</Name>
                    </dd>
                  </div>
                ))}
              </dl>
            </div>
          )
        );
      })}
      <div className={styles.take}>
        <Link to={paths.runResults(job.id, run)}>{text.results}</Link>
        <Link to={paths.jobLog(job.id)} search={{ run }}>
          {text.log}
        </Link>
        <ActionButton
          size="compact-sm"
          refusal={away}
          onClick={() => void navigate({ to: paths.newJob(), search: { from: job.id, run } } as never)}
        >
          {text.clone}
        </ActionButton>
        <Button size="compact-sm" onClick={onClose}>
          {text.close}
        </Button>
      </div>
    </Panel>
  );
}
