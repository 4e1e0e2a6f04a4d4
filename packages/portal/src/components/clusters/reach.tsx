import { NativeSelect, TextInput } from '@mantine/core';
import type { Cluster } from '@quarry/sdk';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { clusterQuery, jobSshQuery } from '../../api/cluster-queries.ts';
import { paths } from '../../paths.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import keeper from '../../ui/layout.module.css';
import { Link } from '../../ui/link.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Page } from '../../ui/page.tsx';
import { Panel } from '../../ui/panel.tsx';
import { useSearchState } from '../../ui/use-search.ts';
import { words } from '../../words/words.ts';
import { isMissing, MissingPage } from '../missing-page.tsx';
import styles from '../settings/settings.module.css';
import { portOf, tunnelCommands } from './tunnel-commands.ts';

/** Where notebooks listen, and VNC. */
const USUAL_PORTS = { notebook: '8888', desktop: '5901' } as const;

/** What there is instead of an application in the browser: a way to what a job serves. */
export function Reach({ what }: { what: 'notebook' | 'desktop' }) {
  const text = words.clusters.reach;
  const { clusterId } = useParams({ strict: false }) as { clusterId: string };
  const query = useQuery(clusterQuery(clusterId));
  if (isMissing(query)) {
    return <MissingPage />;
  }
  return (
    <Page title={text[what]} lead={text.lead(clusterId)}>
      <Loaded query={query}>
        {(cluster) => (
          <div className={keeper.stack}>
            <Panel title={text.no[what]}>
              <p>{text.instead[what]}</p>
              <p>
                <Link to={paths.cluster(clusterId)}>{text.toCluster}</Link>
              </p>
            </Panel>
            <Ways cluster={cluster} usualPort={USUAL_PORTS[what]} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Ways({ cluster, usualPort }: { cluster: Cluster; usualPort: string }) {
  const text = words.clusters.reach;
  const [search, change] = useSearchState();
  const [typed, setTyped] = useState(search.port ?? usualPort);
  if (cluster.dateStopped !== null) {
    return <EmptyState title={text.ended} />;
  }
  const jobs = cluster.jobId === null ? cluster.jobIds : [cluster.jobId];
  if (jobs.length === 0) {
    return <EmptyState title={text.noJob} />;
  }
  const jobId = jobs.find((id) => id === search.job) ?? jobs[0]!;
  const port = portOf(typed);
  return (
    <Panel title={text.commands}>
      <div className={styles.form}>
        <TextInput
          label={text.port}
          inputMode="numeric"
          value={typed}
          maxLength={5}
          error={port === null ? text.portProblem : null}
          onChange={(event) => {
            const { value } = event.currentTarget;
            setTyped(value);
            if (portOf(value) !== null) {
              change({ port: value.trim() });
            }
          }}
        />
        {jobs.length > 1 && (
          <NativeSelect
            label={text.chooseJob}
            value={jobId}
            data={jobs}
            onChange={(event) => change({ job: event.currentTarget.value })}
          />
        )}
      </div>
      {port !== null && <Commands jobId={jobId} port={port} />}
      <p>
        {text.keyNeeded} <Link to={paths.sshKeys()}>{text.toKeys}</Link>
      </p>
      <p>
        {text.token} <Link to={paths.jobLog(jobId)}>{text.log}</Link>
      </p>
    </Panel>
  );
}

function Commands({ jobId, port }: { jobId: string; port: number }) {
  const text = words.clusters.reach;
  const query = useQuery(jobSshQuery(jobId));
  return (
    <Loaded query={query}>
      {(ssh) => {
        if (ssh.reason !== null) {
          return (
            <p>
              <strong>{text.notNow}</strong>: {ssh.reason}
            </p>
          );
        }
        const { byQuarry, bySsh, address } = tunnelCommands(jobId, port, ssh);
        return (
          <div className={keeper.ways}>
            {[
              { label: text.byQuarry, command: byQuarry },
              { label: text.bySsh, command: bySsh },
            ].map(({ label, command }) => (
              <div key={label}>
                <p>{label}</p>
                <pre className={styles.secret}>{command}</pre>
                <CopyButton size="compact-sm" text={command} />
              </div>
            ))}
            <p>
              {text.open} <code>{address}</code>
            </p>
          </div>
        );
      }}
    </Loaded>
  );
}
