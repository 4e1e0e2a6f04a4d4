import { notifications } from '@mantine/notifications';
import { QuarryError } from '@quarry/sdk';
import { words } from '../words/words.ts';
import { announce } from './announcer.tsx';
import { messagesOf } from './error-state.tsx';
import { Name } from './name.tsx';

/** Says that something was done. */
export function notifyDone(message: string): void {
  announce(message);
  notifications.show({
    message,
    color: 'success',
    closeButtonProps: { 'aria-label': words.frame.close },
  });
}

/** Says what was not done and why; it stays until it is closed. */
export function notifyFailed(title: string, error: unknown): void {
  const message = messagesOf(error).join(' ');
  const hint = error instanceof QuarryError && error.hint !== null ? ` ${error.hint}` : '';
  announce(`${title}. ${message}`);
  notifications.show({
    title,
    message: `${message}${hint}`,
    color: 'failure',
    autoClose: false,
    closeButtonProps: { 'aria-label': words.frame.close },
  });
}

/** Says to which of many things it was not done, and why; it stays until it is closed. */
export function notifyRefused(title: string, reasons: readonly string[]): void {
  announce(`${title}. ${reasons.join(' ')}`);
  notifications.show({
    title,
    message: (
      <>
        {reasons.map((reason) => (
          <div key={reason}>
            <Name>{reason}</Name>
          </div>
        ))}
      </>
    ),
    color: 'failure',
    autoClose: false,
    closeButtonProps: { 'aria-label': words.frame.close },
  });
}
