import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { deviceQuery, statusesOfDeviceQuery } from '../api/cluster-queries.ts';
import { History } from '../components/clusters/history.tsx';
import { isMissing, MissingPage } from '../components/missing-page.tsx';
import { CopyFiles } from '../components/storage/copy-files.tsx';
import { DeviceContents } from '../components/storage/device-contents.tsx';
import { DeviceFacts } from '../components/storage/device-facts.tsx';
import { paths } from '../paths.ts';
import styles from '../ui/layout.module.css';
import { Link } from '../ui/link.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Name } from '../ui/name.tsx';
import { Page } from '../ui/page.tsx';
import { Panel } from '../ui/panel.tsx';
import { useSearchState } from '../ui/use-search.ts';
import { words } from '../words/words.ts';

/** A storage device: how full it is, what lies on it, what is copied there. */
export function DevicePage() {
  const text = words.clusters.device;
  const { deviceId } = useParams({ strict: false }) as { deviceId: string };
  const [{ path = '' }] = useSearchState();
  const query = useQuery(deviceQuery(deviceId));
  const statuses = useQuery(statusesOfDeviceQuery(deviceId));
  if (isMissing(query)) {
    return <MissingPage />;
  }
  const name = query.data?.name ?? deviceId;
  return (
    <Page
      title={<Name>{name}</Name>}
      documentTitle={name}
      lead={<Link to={paths.storage()}>{text.all}</Link>}
    >
      <Loaded query={query}>
        {(device) => (
          <div className={styles.stack}>
            <DeviceFacts device={device} />
            {device.status === 'Started' && (
              <>
                <DeviceContents device={device} path={path} />
                <CopyFiles device={device} path={path} />
              </>
            )}
            <Panel title={text.events}>
              <Loaded query={statuses}>{(entries) => <History entries={entries} />}</Loaded>
            </Panel>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
