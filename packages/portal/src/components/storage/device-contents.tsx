import type { StorageDevice, StorageEntry } from '@quarry/sdk';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Fragment, useState } from 'react';
import { entriesQuery } from '../../api/cluster-queries.ts';
import { downloadFromDevice, MAX_DEVICE_DOWNLOAD_BYTES } from '../../api/device-download.ts';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { paths } from '../../paths.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import styles from '../../ui/layout.module.css';
import { Link } from '../../ui/link.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { MoreButton } from '../../ui/more-button.tsx';
import { Name } from '../../ui/name.tsx';
import { notifyDone, notifyFailed } from '../../ui/notify.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Age } from '../../ui/time.tsx';
import { formatBytes } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import { stepsTo } from './steps-to.ts';

/** What lies in a directory of a storage device; which one is in the address. */
export function DeviceContents({ device, path }: { device: StorageDevice; path: string }) {
  const text = words.clusters.device;
  const query = useInfiniteQuery(entriesQuery(device.id, path));
  const away = useAwayRefusal();
  const [asked, setAsked] = useState<StorageEntry | null>(null);
  const download = useMutation({
    mutationFn: (entry: StorageEntry) => downloadFromDevice(device.id, entry),
    onError: (error) => notifyFailed(text.downloadFailed, error),
  });
  const remove = useMutation({
    mutationFn: (entry: StorageEntry) => quarry.storageDevices.remove(device.id, entry.path),
    onSuccess: (_, { name }) => notifyDone(text.removed(name)),
    onError: (error) => notifyFailed(text.removeFailed, error),
    onSettled: () => {
      setAsked(null);
      void queryClient.invalidateQueries({ queryKey: ['devices', 'device', device.id] });
    },
  });
  const to = paths.device(device.id);
  const whyNoDownload = ({ type, sizeBytes }: StorageEntry) =>
    type !== 'file'
      ? text.types[type]
      : sizeBytes > MAX_DEVICE_DOWNLOAD_BYTES
        ? text.tooLarge(formatBytes(MAX_DEVICE_DOWNLOAD_BYTES))
        : null;
  return (
    <Panel title={text.contents}>
      <nav aria-label={text.path} className={styles.detail}>
        <Link to={to}>{text.top}</Link>
        {stepsTo(path).map((step) => (
          <Fragment key={step.path}>
            {' / '}
            <Link to={to} search={{ path: step.path }}>
              <Name>{step.name}</Name>
            </Link>
          </Fragment>
        ))}
      </nav>
      <Loaded query={query}>
        {({ pages }) => {
          const entries = pages.flatMap(({ results }) => results);
          return entries.length === 0 ? (
            <p>{text.emptyDirectory}</p>
          ) : (
            <DataTable
              label={text.contents}
              rows={entries}
              rowKey={({ path: at }) => at}
              columns={[
                {
                  title: text.columns.name,
                  cell: ({ name, path: at, type }) =>
                    type === 'directory' ? (
                      <Link to={to} search={{ path: at }}>
                        <Name>{name}</Name>/
                      </Link>
                    ) : (
                      <>
                        <Name>{name}</Name>
                        {type !== 'file' && <span className="muted"> {text.types[type]}</span>}
                      </>
                    ),
                },
                {
                  title: text.columns.size,
                  isNumber: true,
                  cell: ({ type, sizeBytes }) => (type === 'file' ? formatBytes(sizeBytes) : ''),
                },
                { title: text.columns.changed, cell: ({ dateModified }) => <Age date={dateModified} /> },
                {
                  title: text.columns.actions,
                  cell: (entry) => (
                    <>
                      {entry.type === 'file' && (
                        <ActionButton
                          size="compact-sm"
                          refusal={away ?? whyNoDownload(entry)}
                          loading={download.isPending && download.variables?.path === entry.path}
                          aria-label={text.downloadOf(entry.name)}
                          onClick={() => download.mutate(entry)}
                        >
                          {text.download}
                        </ActionButton>
                      )}{' '}
                      <ActionButton
                        size="compact-sm"
                        refusal={away}
                        aria-label={text.removeOf(entry.name)}
                        onClick={() => setAsked(entry)}
                      >
                        {text.remove}
                      </ActionButton>
                    </>
                  ),
                },
              ]}
            />
          );
        }}
      </Loaded>
      <MoreButton mt="md" query={query}>
        {text.more}
      </MoreButton>
      {asked && (
        <Confirm
          isOpen
          title={text.removeAsk}
          action={text.remove}
          isPending={remove.isPending}
          refusal={away}
          onClose={() => setAsked(null)}
          onConfirm={() => remove.mutate(asked)}
        >
          <p>
            <Name>{asked.path}</Name>
          </p>
          <p>{text.removeText}</p>
        </Confirm>
      )}
    </Panel>
  );
}
