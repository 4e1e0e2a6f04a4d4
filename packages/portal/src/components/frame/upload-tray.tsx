import { ActionIcon, Button } from '@mantine/core';
import { useEffect } from 'react';
import { dismissUpload, hasOpenUploads, type Upload, uploadAgain, useUploads } from '../../api/uploads.ts';
import { IconX } from '../../ui/icons.ts';
import { Meter } from '../../ui/meter.tsx';
import { Name } from '../../ui/name.tsx';
import { words } from '../../words/words.ts';
import styles from './upload-tray.module.css';

/** Uploads, wherever in the portal somebody is; who leaves it while some are under way is asked. */
export function UploadTray() {
  const uploads = useUploads();
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (hasOpenUploads()) {
        event.preventDefault();
      }
    };
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, []);
  if (uploads.length === 0) {
    return null;
  }
  return (
    <section className={styles.tray} aria-label={words.files.uploads}>
      <h2 className={styles.title}>{words.files.uploads}</h2>
      <ul className={styles.items}>
        {uploads.map((upload) => (
          <li key={upload.key}>
            <UploadItem upload={upload} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function UploadItem({ upload }: { upload: Upload }) {
  const { key, name, share, state, error } = upload;
  const text = words.files;
  const percent = `${Math.round(share * 100)} %`;
  const isOpen = state === 'waiting' || state === 'sending';
  const says = {
    waiting: text.uploading(name, percent),
    sending: text.uploading(name, percent),
    done: text.uploaded(name),
    failed: `${text.uploadFailed(name)} ${error instanceof Error ? error.message : String(error)}`,
    stopped: text.uploadStopped(name),
  }[state];
  return (
    <div className={styles.item}>
      <div className={styles.text}>
        <Name>{says}</Name>
        {isOpen && <Meter label={name} value={share} max={1} />}
      </div>
      {isOpen && (
        <Button size="compact-sm" onClick={upload.stop}>
          {text.uploadStop}
        </Button>
      )}
      {(state === 'failed' || state === 'stopped') && (
        <Button size="compact-sm" onClick={() => uploadAgain(key)}>
          {text.uploadAgain}
        </Button>
      )}
      {!isOpen && (
        <ActionIcon aria-label={`${text.dismiss}: ${name}`} onClick={() => dismissUpload(key)}>
          <IconX size={16} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}
