import type { Job, Sensitivity } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { DataTable } from '../../ui/data-table.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { figuresOf, type InputFigures, scaleOfBars } from './sensitivity-figures.ts';
import { tellValue } from './shown-axes.ts';
import styles from './sweep-parts.module.css';
import { sensitivityQuery } from './sweep-queries.ts';

/** How the output depends on each input, or in the server's words why that cannot be told. */
export function SensitivityPanel({ job, output }: { job: Job; output: string }) {
  const { sensitivity: text } = words.sweep;
  const query = useQuery(sensitivityQuery(job.id, output));
  return (
    <Panel title={text.title(output)}>
      {query.error && query.data === undefined ? (
        <>
          <p>{text.impossible}</p>
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        </>
      ) : query.data === undefined ? (
        <Loading rows={3} />
      ) : (
        <Figures data={query.data} />
      )}
    </Panel>
  );
}

function Figures({ data }: { data: Sensitivity }) {
  const { sensitivity: text } = words.sweep;
  const { names, inputs } = figuresOf(data);
  const scale = scaleOfBars(inputs, names);
  const hasIntervals = inputs.some(({ figures }) =>
    names.some((name) => (figures[name]?.interval ?? null) !== null),
  );
  return (
    <>
      <p className="muted">
        {text.methods[data.method]}. {text.runs(formatCount(data.runs))} {hasIntervals && text.interval}
      </p>
      {data.warnings.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
      <div className={styles.figures}>
        <DataTable
          label={text.title(data.output)}
          rows={inputs}
          rowKey={({ name }) => name}
          columns={[
            { title: text.input, cell: ({ name }) => <Name>{name}</Name> },
            ...names.map((name) => ({
              title: text.figures[name],
              cell: ({ figures }: InputFigures) => {
                const figure = figures[name];
                if (!figure || figure.value === null) {
                  return <span className="muted">{text.noFigure}</span>;
                }
                const { value, interval } = figure;
                const told = interval === null ? tell(value) : `${tell(value)} ± ${tell(interval)}`;
                return (
                  <>
                    {scale[name] && <Bar value={value} interval={interval} {...scale[name]} />}
                    <span className="nowrap">{told}</span>
                  </>
                );
              },
            })),
          ]}
        />
      </div>
    </>
  );
}

const tell = (value: number) => tellValue({ categories: null }, Number(value.toPrecision(3)));

interface BarProps {
  value: number;
  interval: number | null;
  low: number;
  high: number;
}

/** A figure as a length; the words beside it say the same. */
function Bar({ value, interval, low, high }: BarProps) {
  const at = (each: number) => `${(100 * (Math.min(high, Math.max(low, each)) - low)) / (high - low)}%`;
  const between = (from: number, to: number) => ({ left: at(from), right: `calc(100% - ${at(to)})` });
  return (
    <span className={styles.bars} aria-hidden>
      <span
        className={styles.value}
        data-sign={value < 0 ? '-' : '+'}
        style={between(Math.min(0, value), Math.max(0, value))}
      />
      {interval !== null && (
        <span className={styles.interval} style={between(value - interval, value + interval)} />
      )}
      <span className={styles.zero} style={{ left: at(0) }} />
    </span>
  );
}
