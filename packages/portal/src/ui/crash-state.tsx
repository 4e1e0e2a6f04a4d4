import { Button } from '@mantine/core';
import { words } from '../words/words.ts';
import { Page } from './page.tsx';
import styles from './state.module.css';

/** A page of ours that has failed by itself; the frame around it stays. */
export function CrashState({ error }: { error: unknown }) {
  const { crashed, error: text } = words.frame;
  return (
    <Page title={crashed.title}>
      <div className={`${styles.state} ${styles.failed}`} role="alert">
        <p>{crashed.text}</p>
        <Button onClick={() => location.reload()}>{crashed.action}</Button>
        <details>
          <summary>{text.details}</summary>
          <pre>{error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error)}</pre>
        </details>
      </div>
    </Page>
  );
}
