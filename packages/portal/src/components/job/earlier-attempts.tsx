import type { Run } from '@quarry/sdk';
import { Name } from '../../ui/name.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './earlier-attempts.module.css';

/** How the attempts of a run before this one ended, since their logs may not be there. */
export function EarlierAttempts({ run }: { run: Run }) {
  const attempts = run.previousAttempts ?? [];
  if (attempts.length === 0) {
    return null;
  }
  const text = words.log;
  // The platform keeps the latest hundred.
  const first = (run.attempt ?? attempts.length + 1) - attempts.length;
  return (
    <details className={styles.attempts}>
      <summary>{text.attempts(attempts.length)}</summary>
      <p className="muted">{text.attemptsText}</p>
      <ul>
        {attempts.map(({ failure, outcome }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: attempts that are over never change
          <li key={index}>
            <Name>{text.attempt(formatCount(first + index), failure?.message ?? outcome ?? '')}</Name>
          </li>
        ))}
      </ul>
    </details>
  );
}
