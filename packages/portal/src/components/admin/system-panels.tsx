import type { SystemState } from '@quarry/sdk';
import { paths } from '../../paths.ts';
import styles from '../../ui/layout.module.css';
import { Link } from '../../ui/link.tsx';
import { Meter } from '../../ui/meter.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { formatBytes, formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';

/** How the platform is, a question a panel. */
export function SystemPanels({ state }: { state: SystemState }) {
  const text = words.keeper.system;
  const { catalogue } = state;
  return (
    <>
      {catalogue.problems.length > 0 && (
        <Panel title={words.keeper.catalogue.title} tone="warning">
          <p>
            {text.catalogueFaults(formatCount(catalogue.problems.length))}{' '}
            <Link to={paths.catalogue()}>{text.toCatalogue}</Link>
          </p>
        </Panel>
      )}
      <div className={styles.panels}>
        <Cores state={state} />
        <Disk disk={state.disk} />
        <Agents clusters={state.clusters} />
        <DatabasePanel database={state.database} />
        <Panel title={text.counts}>
          <dl className={styles.facts}>
            <dt>{text.runs}</dt>
            <dd>{formatCount(state.counts.runsPlanned)}</dd>
            <dt>{text.uploads}</dt>
            <dd>{formatCount(state.counts.uploadsOpen)}</dd>
            <dt>{text.userTasks}</dt>
            <dd>{formatCount(state.counts.userTasks)}</dd>
            <dt>{text.files}</dt>
            <dd>{formatCount(state.counts.files)}</dd>
          </dl>
        </Panel>
        <Panel title={text.versions}>
          <dl className={styles.facts}>
            <dt>Quarry</dt>
            <dd>{state.versions.quarry}</dd>
            <dt>Node</dt>
            <dd>{state.versions.node}</dd>
            <dt>SQLite</dt>
            <dd>{state.versions.sqlite}</dd>
            <dt>{state.versions.system.split(' ')[0]}</dt>
            <dd>{state.versions.system.split(' ').slice(1).join(' ')}</dd>
            <dt>{text.started}</dt>
            <dd>
              <Moment date={state.dateStarted} />
            </dd>
          </dl>
        </Panel>
      </div>
    </>
  );
}

function Cores({ state: { cores, gpus, coreTypes } }: { state: SystemState }) {
  const text = words.keeper.system;
  return (
    <Panel title={text.cores}>
      <p className={styles.figure}>{text.inUse(formatCount(cores.used), formatCount(cores.total))}</p>
      <Meter label={text.cores} value={cores.used} max={cores.total} />
      {gpus.total > 0 && (
        <>
          <p>
            {text.gpus}: {text.inUse(formatCount(gpus.used), formatCount(gpus.total))}
          </p>
          <Meter label={text.gpus} value={gpus.used} max={gpus.total} />
        </>
      )}
      <ul className={styles.list}>
        {coreTypes.map(({ code, coresUsed, clusters }) => (
          <li key={code}>{text.ofType(code, formatCount(coresUsed), formatCount(clusters))}</li>
        ))}
      </ul>
    </Panel>
  );
}

function Disk({ disk }: { disk: SystemState['disk'] }) {
  const text = words.keeper.system;
  const { directory, freeBytes, totalBytes, lowBytes, storedBytes } = disk;
  const isLow = freeBytes !== null && freeBytes < lowBytes;
  return (
    <Panel title={text.disk} tone={isLow ? 'failure' : 'plain'}>
      {freeBytes === null ? (
        <p>{text.unknownFree}</p>
      ) : (
        <>
          <p className={styles.figure}>
            {totalBytes === null
              ? text.free(formatBytes(freeBytes))
              : text.freeOf(formatBytes(freeBytes), formatBytes(totalBytes))}
          </p>
          {totalBytes !== null && <Meter label={text.disk} value={totalBytes - freeBytes} max={totalBytes} />}
        </>
      )}
      {isLow && <p className={styles.bad}>{text.low(formatBytes(lowBytes))}</p>}
      {storedBytes !== null && <p>{text.stored(formatBytes(storedBytes))}</p>}
      <p className={`muted ${styles.detail}`}>{directory}</p>
    </Panel>
  );
}

function Agents({ clusters: { count, silentAgents } }: { clusters: SystemState['clusters'] }) {
  const text = words.keeper.system;
  return (
    <Panel title={text.agents} tone={silentAgents > 0 ? 'warning' : 'plain'}>
      <p className={styles.figure}>{text.agentsAlive(formatCount(count))}</p>
      {silentAgents > 0 ? (
        <p className={styles.warning}>{text.silent(formatCount(silentAgents))}</p>
      ) : (
        <p>{text.heard}</p>
      )}
    </Panel>
  );
}

function DatabasePanel({ database }: { database: SystemState['database'] }) {
  const text = words.keeper.system;
  const { bytes, walBytes, dateChecked, problems } = database;
  const isDamaged = problems !== null && problems.length > 0;
  return (
    <Panel title={text.database} tone={isDamaged ? 'failure' : 'plain'}>
      <p className={styles.figure}>{formatBytes(bytes + walBytes)}</p>
      {dateChecked === null ? (
        <p>{text.unchecked}</p>
      ) : (
        <p className={isDamaged ? styles.bad : undefined}>
          {isDamaged ? text.damaged : problems === null ? text.notFound : text.sound},{' '}
          <Age date={dateChecked} />
        </p>
      )}
      {isDamaged && (
        <ul>
          {problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
