import { Button } from '@mantine/core';
import type { Job } from '@quarry/sdk';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { StateBadge } from '../state-badge.tsx';
import type { Best, Goal } from './best-run.ts';
import { tellValue } from './shown-axes.ts';
import styles from './sweep-parts.module.css';
import type { Sweep, SweepColumn } from './sweep-table.ts';
import { RUN_STATES } from './sweep-view.ts';

interface SweepSummaryProps {
  job: Job;
  sweep: Sweep;
  output: SweepColumn | null;
  goal: Goal;
  best: Best | null;
  onLook: (row: number) => void;
}

/** How far the runs are, and which is the best and why. */
export function SweepSummary({ job, sweep, output, goal, best, onLook }: SweepSummaryProps) {
  const { counts, best: text } = words.sweep;
  const byState = Map.groupBy(sweep.states, (state) => state);
  return (
    <div className={styles.summary}>
      <Panel title={counts.label}>
        <p>{counts.all(formatCount(sweep.count))}</p>
        <ul className={styles.states}>
          {RUN_STATES.filter((state) => byState.has(state)).map((state) => (
            <li key={state}>
              {formatCount(byState.get(state)!.length)} <StateBadge state={state} />
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title={text.title}>
        {output === null || best === null ? (
          <p>
            {job.optimizer?.objective.name === output?.name && output !== null ? text.noneWithin : text.none}
          </p>
        ) : (
          <>
            <p>
              <strong>{text.run(formatCount(sweep.runs[best.row]!))}</strong>{' '}
              <Name>
                {(best.isOptimizers ? text.whyOptimal : text.why)(goal, output.name, formatCount(best.among))}
              </Name>
            </p>
            <p>
              <Name>{output.name}</Name> = <strong className="mono">{tellValue(output, best.value)}</strong>{' '}
              <Button size="compact-sm" onClick={() => onLook(best.row)}>
                {text.look}
              </Button>
            </p>
          </>
        )}
      </Panel>
    </div>
  );
}
