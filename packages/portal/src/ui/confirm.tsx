import { Button, Group, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { words } from '../words/words.ts';
import { ActionButton } from './action-button.tsx';

interface ConfirmProps {
  isOpen: boolean;
  title: string;
  action: string;
  color?: string;
  isPending?: boolean;
  /** Why it cannot be done now, such as while the server does not answer. */
  refusal?: string | null;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks once, before what cannot be undone. */
export function Confirm(props: ConfirmProps) {
  const {
    isOpen,
    title,
    action,
    color = 'failure',
    isPending = false,
    refusal = null,
    onConfirm,
    onClose,
    children,
  } = props;
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': words.frame.close }}
      returnFocus
    >
      {children}
      <Group justify="flex-end" mt="lg" gap="sm">
        <Button onClick={onClose}>{words.frame.cancel}</Button>
        <ActionButton
          variant="filled"
          color={color}
          loading={isPending}
          refusal={refusal}
          onClick={onConfirm}
        >
          {action}
        </ActionButton>
      </Group>
    </Modal>
  );
}
