import { Button, type ButtonProps, Tooltip } from '@mantine/core';
import type { MouseEventHandler, ReactNode } from 'react';

interface ActionButtonProps extends Omit<ButtonProps, 'disabled'> {
  type?: 'button' | 'submit';
  'aria-label'?: string;
  /** Why it cannot be done now; null when it can. */
  refusal: string | null;
  /** Absent for what submits a form. */
  onClick?: MouseEventHandler<HTMLButtonElement>;
  children: ReactNode;
}

/** A button that, when it is off, can still be reached and says why. */
export function ActionButton({ refusal, onClick, children, ...rest }: ActionButtonProps) {
  const isOff = refusal !== null;
  return (
    <Tooltip label={refusal} disabled={!isOff} multiline maw={320}>
      <Button
        {...rest}
        aria-disabled={isOff || undefined}
        aria-description={refusal ?? undefined}
        data-disabled={isOff || undefined}
        onClick={(event) => {
          if (isOff) {
            event.preventDefault();
          } else {
            onClick?.(event);
          }
        }}
      >
        {children}
      </Button>
    </Tooltip>
  );
}
