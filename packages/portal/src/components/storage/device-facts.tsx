import { TextInput } from '@mantine/core';
import type { StorageDevice } from '@quarry/sdk';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { queryClient } from '../../api/queries.ts';
import { quarry } from '../../api/sdk.ts';
import { ActionButton } from '../../ui/action-button.tsx';
import { Meter } from '../../ui/meter.tsx';
import { Name } from '../../ui/name.tsx';
import { notifyDone, notifyFailed } from '../../ui/notify.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Age, Moment } from '../../ui/time.tsx';
import { formatBytes } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { useAwayRefusal } from '../jobs/use-job-actions.ts';
import styles from '../settings/settings.module.css';

const marked = () => void queryClient.invalidateQueries({ queryKey: ['devices'] });

/** What a storage device is, how full it is, and how large it may become. */
export function DeviceFacts({ device }: { device: StorageDevice }) {
  const text = words.clusters.device;
  const { usedBytes, sizeBytes, dateMeasured } = device;
  return (
    <Panel title={text.facts}>
      <dl className={styles.facts}>
        <dt>{text.used}</dt>
        <dd>
          {text.usage(usedBytes === null ? text.unmeasured : formatBytes(usedBytes), formatBytes(sizeBytes))}
          {usedBytes !== null && <Meter label={text.used} value={usedBytes} max={sizeBytes} />}
        </dd>
        {dateMeasured !== null && (
          <>
            <dt>{text.measured}</dt>
            <dd>
              <Age date={dateMeasured} />
            </dd>
          </>
        )}
        <dt>{text.held}</dt>
        <dd>{device.isHeld ? text.isHeld : text.isWatched}</dd>
        <dt>{text.status}</dt>
        <dd>{device.status}</dd>
        <dt>{text.inJobs}</dt>
        <dd>
          <code>{`$HOME/storage_${device.id}`}</code>
        </dd>
        <dt>{text.owner}</dt>
        <dd>
          <Name>{device.owner}</Name>
        </dd>
        {device.projectId !== null && (
          <>
            <dt>{text.project}</dt>
            <dd className="mono">{device.projectId}</dd>
          </>
        )}
        <dt>{text.added}</dt>
        <dd>
          <Moment date={device.dateInserted} />
        </dd>
        <dt>{text.id}</dt>
        <dd className="mono">{device.id}</dd>
      </dl>
      {device.status === 'Started' ? <Resize device={device} /> : <Attach device={device} />}
    </Panel>
  );
}

function Attach({ device }: { device: StorageDevice }) {
  const text = words.clusters.device;
  const away = useAwayRefusal();
  const start = useMutation({
    mutationFn: () => quarry.storageDevices.submit(device.id),
    onSuccess: () => notifyDone(text.attachDone(device.name)),
    onError: (error) => notifyFailed(text.attachFailed, error),
    onSettled: marked,
  });
  return (
    <p>
      {text.attachText}{' '}
      <ActionButton size="compact-sm" refusal={away} loading={start.isPending} onClick={() => start.mutate()}>
        {text.attach}
      </ActionButton>
    </p>
  );
}

function Resize({ device }: { device: StorageDevice }) {
  const text = words.clusters.device;
  const away = useAwayRefusal();
  const [size, setSize] = useState(String(device.storageSize));
  const [problem, setProblem] = useState<string | null>(null);
  const change = useMutation({
    mutationFn: (storageSize: number) => quarry.storageDevices.update(device.id, { storageSize }),
    onSuccess: () => notifyDone(text.resizeDone),
    onError: (error) => notifyFailed(text.resizeFailed, error),
    onSettled: marked,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A comma is what many people type.
    const wanted = Number(size.trim().replace(',', '.'));
    const isSize = size.trim() !== '' && Number.isFinite(wanted) && wanted > 0;
    setProblem(isSize ? null : text.resizeProblem);
    if (isSize && away === null) {
      change.mutate(wanted);
    }
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <TextInput
        label={text.resize}
        inputMode="decimal"
        value={size}
        maxLength={20}
        error={problem}
        onChange={(event) => setSize(event.currentTarget.value)}
      />
      <ActionButton type="submit" refusal={away} loading={change.isPending}>
        {text.resizeDo}
      </ActionButton>
    </form>
  );
}
