import { useQuery } from '@tanstack/react-query';
import { systemQuery } from '../api/keeper-queries.ts';
import { AdminFrame, forAdministrators } from '../components/admin/admin-frame.tsx';
import { DoctorPanel } from '../components/admin/doctor-panel.tsx';
import { SystemPanels } from '../components/admin/system-panels.tsx';
import {
  BackgroundTasks,
  ClustersInUse,
  QueueTable,
  SettingsInEffect,
} from '../components/admin/system-tables.tsx';
import styles from '../ui/layout.module.css';
import { Loaded } from '../ui/loaded.tsx';
import { formatDuration } from '../words/numbers.ts';
import { words } from '../words/words.ts';

/** How the platform is, for whoever keeps it. */
export const SystemPage = forAdministrators(() => {
  const text = words.keeper.system;
  const query = useQuery(systemQuery);
  const { data } = query;
  return (
    <AdminFrame
      title={text.title}
      {...(data && {
        lead: text.lead(data.hostname, data.versions.quarry, formatDuration(data.uptimeSeconds)),
      })}
    >
      <Loaded query={query}>
        {(state) => (
          <div className={styles.stack}>
            <SystemPanels state={state} />
            <QueueTable queue={state.queue} />
            <ClustersInUse clusters={state.clusters} />
            <BackgroundTasks tasks={state.tasks} />
            <DoctorPanel doctor={state.doctor} />
            <SettingsInEffect settings={state.settings} />
          </div>
        )}
      </Loaded>
    </AdminFrame>
  );
});
