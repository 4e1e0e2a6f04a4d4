import { Checkbox } from '@mantine/core';
import type { StorageDevice, Task } from '@quarry/sdk';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { copiesQuery } from '../../api/cluster-queries.ts';
import { filesQuery, queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import styles from '../../ui/layout.module.css';
import { Loaded } from '../../ui/loaded.tsx';
import { Meter } from '../../ui/meter.tsx';
import { Name } from '../../ui/name.tsx';
import { notifyDone, notifyFailed } from '../../ui/notify.tsx';
import { Panel } from '../../ui/panel.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { Age } from '../../ui/time.tsx';
import { formatBytes, formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';

/** Of more that match, a longer part of the name finds the right ones. */
const FILES_SHOWN = 10;

/** Copies stored files into a directory of a storage device, as a task. */
export function CopyFiles({ device, path }: { device: StorageDevice; path: string }) {
  const { copy: text } = words.clusters.device;
  const away = useAwayRefusal();
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const query = useInfiniteQuery(filesQuery(search ? { search } : {}));
  const copy = useMutation({
    mutationFn: () => quarry.tasks.copy(device.id, chosen, path === '' ? {} : { outputDir: path }),
    onSuccess: () => {
      setChosen([]);
      notifyDone(text.begun);
    },
    onError: (error) => notifyFailed(text.failed, error),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: copiesQuery(device.id).queryKey }),
  });
  return (
    <Panel title={text.title}>
      <p className="muted">{text.lead}</p>
      <SearchField label={text.search} value={search} onSearch={setSearch} />
      <Loaded query={query}>
        {({ pages }) => {
          const files = pages.flatMap(({ results }) => results);
          const shown = files.slice(0, FILES_SHOWN);
          return shown.length === 0 ? (
            <p>{text.none}</p>
          ) : (
            <ul className={styles.checks}>
              {shown.map(({ id, name, decryptedSize, dateUploaded }) => (
                <li key={id}>
                  <Checkbox
                    aria-label={text.choose(name)}
                    checked={chosen.includes(id)}
                    label={
                      <>
                        <Name>{name}</Name>{' '}
                        <span className="muted">
                          {formatBytes(decryptedSize)}, <Age date={dateUploaded} />
                        </span>
                      </>
                    }
                    onChange={(event) =>
                      setChosen(
                        event.currentTarget.checked ? [...chosen, id] : chosen.filter((each) => each !== id),
                      )
                    }
                  />
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
      <ActionButton
        variant="filled"
        refusal={away ?? (chosen.length === 0 ? text.nothing : null)}
        loading={copy.isPending}
        onClick={() => copy.mutate()}
      >
        {text.start(formatCount(chosen.length))}
      </ActionButton>
      <Copies device={device} />
    </Panel>
  );
}

/** The last copies, with how far they are; what lies on the device is looked at anew when one has ended. */
function Copies({ device }: { device: StorageDevice }) {
  const { copy: text } = words.clusters.device;
  const { data: tasks = [] } = useQuery(copiesQuery(device.id));
  const ended = tasks.filter(({ ready }) => ready).length;
  useEffect(() => {
    if (ended > 0) {
      void queryClient.invalidateQueries({ queryKey: ['devices', 'device', device.id, 'entries'] });
    }
  }, [ended, device.id]);
  return tasks.length === 0 ? null : (
    <ul className={styles.checks} aria-label={text.tasks}>
      {tasks.map((task) => (
        <li key={task.id}>
          <Age date={task.dateInserted} /> <strong>{text.statuses[task.status]}</strong>{' '}
          {task.error && <span className={styles.bad}>{task.error.message}</span>}
          {!task.ready && <Progress task={task} />}
        </li>
      ))}
    </ul>
  );
}

function Progress({ task: { progress } }: { task: Task }) {
  const { copy: text } = words.clusters.device;
  const tell = progress.unit === 'bytes' ? formatBytes : formatCount;
  return progress.of === null ? null : (
    <>
      {text.progress(tell(progress.done), tell(progress.of))}
      <Meter label={text.tasks} value={progress.done} max={progress.of} />
    </>
  );
}
