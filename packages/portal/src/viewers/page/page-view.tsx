import { Button } from '@mantine/core';
import { type ReactNode, useEffect, useState } from 'react';
import { ErrorState } from '../../ui/error-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { words } from '../../words/words.ts';
import styles from './page-view.module.css';

/** Makes an address that shows the page in a frame once; absent for what is not kept yet. */
export type ViewLink = (options: { scripts: boolean; signal: AbortSignal }) => Promise<string>;

interface PageViewProps {
  name: string;
  viewLink: ViewLink | undefined;
  /** The text of the page. */
  source: ReactNode;
}

/**
 * A page that a job has written: its text first, then the page shut off from everything, and its scripts only when that is
 * asked for besides. None of it is in the address, so that no link runs what somebody else has written.
 */
export function PageView({ name, viewLink, source }: PageViewProps) {
  const { page } = words.viewers;
  const [shown, setShown] = useState<'source' | 'page' | 'scripts'>('source');
  return (
    <>
      <div className={styles.tools}>
        {shown === 'source' ? (
          <Button size="compact-sm" disabled={viewLink === undefined} onClick={() => setShown('page')}>
            {page.show}
          </Button>
        ) : (
          <Button size="compact-sm" onClick={() => setShown('source')}>
            {page.source}
          </Button>
        )}
        {shown === 'page' && (
          <Button size="compact-sm" onClick={() => setShown('scripts')}>
            {page.runScripts}
          </Button>
        )}
        <span className="muted">
          {shown === 'source' ? viewLink === undefined && page.notYet : page.about[shown]}
        </span>
      </div>
      {shown === 'source' || viewLink === undefined ? (
        source
      ) : (
        <PageFrame key={shown} name={name} viewLink={viewLink} scripts={shown === 'scripts'} />
      )}
    </>
  );
}

interface PageFrameProps {
  name: string;
  viewLink: ViewLink;
  scripts: boolean;
}

function PageFrame({ name, viewLink, scripts }: PageFrameProps) {
  const [link, setLink] = useState<{ url: string } | { error: unknown } | null>(null);
  const [tries, setTries] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a link opens once, so each try makes a new one
  useEffect(() => {
    const leave = new AbortController();
    setLink(null);
    viewLink({ scripts, signal: leave.signal }).then(
      (url) => !leave.signal.aborted && setLink({ url }),
      (error) => !leave.signal.aborted && setLink({ error }),
    );
    return () => leave.abort();
  }, [scripts, tries]);
  if (link === null) {
    return <Loading />;
  }
  if ('error' in link) {
    return <ErrorState error={link.error} onRetry={() => setTries(tries + 1)} />;
  }
  return (
    <iframe
      className={styles.frame}
      title={words.viewers.page.frame(name)}
      sandbox={scripts ? 'allow-scripts' : ''}
      referrerPolicy="no-referrer"
      src={link.url}
    />
  );
}
