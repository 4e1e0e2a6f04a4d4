import { Drawer } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useRouter } from '@tanstack/react-router';
import { type ComponentType, type ReactNode, useEffect, useState } from 'react';
import { useConnection, whenBack } from '../../api/connection.ts';
import { keepPreferences } from '../../api/keep-preferences.ts';
import { followNews } from '../../api/live.ts';
import { sessionStore, useSession } from '../../api/session.ts';
import { followOtherTabs, resumeSession } from '../../api/sign-in.ts';
import { Announcer } from '../../ui/announcer.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { words } from '../../words/words.ts';
import { AwayStrip } from './away-strip.tsx';
import { Bar } from './bar.tsx';
import styles from './frame.module.css';
import { Rail } from './rail.tsx';
import { UploadTray } from './upload-tray.tsx';

interface FrameProps {
  /** The page of signing in. */
  signIn: ComponentType<{ hasEnded: boolean }>;
  children: ReactNode;
}

/** What is around every page. Where nobody is signed in, the page is that of signing in, under the same address. */
export function Frame({ signIn: SignIn, children }: FrameProps) {
  const session = useSession();
  const [isFolded, setIsFolded] = useLocalStorage({ key: 'quarry.rail-folded', defaultValue: false });
  const [isDrawerOpen, setIsDrawerOpen] = useState(false);
  const router = useRouter();
  const { isAway } = useConnection();
  const isSignedIn = session.kind === 'signed-in';
  const userId = isSignedIn ? session.user.id : null;

  useStart();
  useFollowing(userId);
  useFocusOnNavigation();
  useEffect(() => router.subscribe('onResolved', () => setIsDrawerOpen(false)), [router]);

  return (
    <div className={styles.frame}>
      <a className={`visually-hidden ${styles.skip}`} href="#content">
        {words.frame.skipToContent}
      </a>
      <Bar
        user={isSignedIn ? session.user : null}
        onOpenNavigation={isSignedIn ? () => setIsDrawerOpen(true) : null}
      />
      <AwayStrip />
      <div className={styles.body}>
        {isSignedIn && (
          <>
            <Rail className={styles.rail} isFolded={isFolded} onFold={() => setIsFolded(!isFolded)} />
            <Drawer
              opened={isDrawerOpen}
              onClose={() => setIsDrawerOpen(false)}
              size={240}
              title={words.frame.product}
              closeButtonProps={{ 'aria-label': words.frame.close }}
            >
              <Rail isFolded={false} onFold={null} />
            </Drawer>
          </>
        )}
        <main id="content" className={styles.main} tabIndex={-1}>
          {session.kind === 'starting' &&
            (session.error === undefined || isAway ? (
              <Loading />
            ) : (
              <ErrorState error={session.error} onRetry={startAgain} />
            ))}
          {session.kind === 'signed-out' && <SignIn hasEnded={session.hasEnded} />}
          {isSignedIn && children}
        </main>
      </div>
      {isSignedIn && <UploadTray />}
      <Announcer />
    </div>
  );
}

function startAgain(): void {
  sessionStore.set({ kind: 'starting' });
  void resumeSession();
}

/** Finds out who is signed in, again when the server comes back. */
function useStart(): void {
  const session = useSession();
  const isStarting = session.kind === 'starting';
  useEffect(() => {
    if (!isStarting) {
      return;
    }
    const resume = () => void resumeSession();
    resume();
    return whenBack(resume);
  }, [isStarting]);
  useEffect(() => followOtherTabs(), []);
}

function useFollowing(userId: string | null): void {
  useEffect(() => {
    if (userId === null) {
      return;
    }
    const leave = new AbortController();
    followNews(userId, leave.signal);
    keepPreferences(leave.signal);
    return () => leave.abort();
  }, [userId]);
}

/** Tells those who do not see the page that it is another one: its heading gets the focus. */
function useFocusOnNavigation(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        if (fromLocation !== undefined && pathChanged) {
          document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
        }
      }),
    [router],
  );
}
