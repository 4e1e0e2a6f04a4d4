import type { Upload } from '../../api/uploads.ts';
import { Meter } from '../../ui/meter.tsx';
import { Name } from '../../ui/name.tsx';
import { Panel } from '../../ui/panel.tsx';
import { formatPercent } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './today.module.css';

/** Uploads of this tab; what can be done about each is where uploads are on every page. */
export function UploadsPanel({ uploads }: { uploads: readonly Upload[] }) {
  const { files: text } = words;
  return (
    <Panel title={words.today.uploads}>
      <ul className={styles.uploads}>
        {uploads.map(({ key, name, share, state }) => (
          <li key={key}>
            <Name>
              {state === 'done'
                ? text.uploaded(name)
                : state === 'failed'
                  ? text.uploadFailed(name)
                  : state === 'stopped'
                    ? text.uploadStopped(name)
                    : text.uploading(name, formatPercent(share))}
            </Name>
            {(state === 'sending' || state === 'waiting') && <Meter label={name} value={share} max={1} />}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
