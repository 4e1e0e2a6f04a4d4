import { useEffect, useState } from 'react';
import { createStore, type Store } from './store.ts';

const PAUSE_MS = 5000;
const spoken: Store<string> = createStore('');
let waiting: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says something to those who listen to the page; of what comes within five seconds only the last. */
export function announce(text: string): void {
  if (timer !== undefined) {
    waiting = text;
    return;
  }
  spoken.set(text);
  timer = setTimeout(() => {
    timer = undefined;
    if (waiting !== null) {
      const next = waiting;
      waiting = null;
      announce(next);
    }
  }, PAUSE_MS);
}

/** The one polite region of the page. */
export function Announcer() {
  const [text, setText] = useState('');
  useEffect(() => spoken.subscribe(() => setText(spoken.get())), []);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {text}
    </div>
  );
}
