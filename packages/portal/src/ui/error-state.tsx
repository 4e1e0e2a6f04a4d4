import { Button } from '@mantine/core';
import { ApiError, QuarryError } from '@quarry/sdk';
import { words } from '../words/words.ts';
import styles from './state.module.css';

interface ErrorStateProps {
  error: unknown;
  /** Repeats only what has failed. */
  onRetry?: () => void;
}

/** What has failed, why, and what to do, in the words of the server where it has said something. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  const { error: text } = words.frame;
  const api = error instanceof ApiError ? error : null;
  const hint = error instanceof QuarryError ? error.hint : null;
  return (
    <div className={`${styles.state} ${styles.failed}`} role="alert">
      {messagesOf(error).map((message) => (
        <p key={message}>
          <strong>{message}</strong>
        </p>
      ))}
      {hint && <p>{hint}</p>}
      {isOwnLink(api?.docs) && <a href={api!.docs!}>{text.more}</a>}
      {onRetry && <Button onClick={onRetry}>{text.tryAgain}</Button>}
      {api && (
        <details>
          <summary>{text.details}</summary>
          <pre>
            {`${api.method} ${api.path}\n${api.status}${api.code === null ? '' : ` ${api.code}`}`}
            {api.requestId !== null && `\n${text.request} ${api.requestId}`}
          </pre>
        </details>
      )}
    </div>
  );
}

/** What the server said, without how it was asked: that is among the details. */
export function messagesOf(error: unknown): string[] {
  if (error instanceof ApiError) {
    const ofFields = error.fieldErrors.map(({ path, message }) =>
      path === '' ? message : `${path}: ${message}`,
    );
    return error.detail !== null ? [error.detail] : ofFields.length > 0 ? ofFields : [error.message];
  }
  return [error instanceof Error ? error.message : String(error)];
}

/** Only links that lead somewhere by HTTP: an answer must not be able to run anything. */
function isOwnLink(link: string | null | undefined): boolean {
  return /^https?:\/\//.test(link ?? '');
}
