import { Group, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { ActionButton } from '../../ui/action-button.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';

interface TagDialogProps {
  /** How many jobs are tagged; null while they are read. */
  count: number | null;
  isPending: boolean;
  refusal: string | null;
  onClose: () => void;
  onTag: (change: { add: string[]; remove: string[] }) => void;
}

/** Asks for a tag, which many jobs get or lose. */
export function TagDialog({ count, isPending, refusal, onClose, onTag }: TagDialogProps) {
  const text = words.jobs.tagging;
  const [name, setName] = useState('');
  const tag = name.trim();
  const off = refusal ?? (count === null ? words.jobs.more : tag === '' ? text.noName : null);
  return (
    <Modal
      opened
      onClose={onClose}
      title={text.title(formatCount(count ?? 0), count === 1)}
      closeButtonProps={{ 'aria-label': words.frame.close }}
      returnFocus
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (off === null) {
            onTag({ add: [tag], remove: [] });
          }
        }}
      >
        <TextInput
          label={text.name}
          maxLength={255}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data-autofocus
        />
        <Group justify="flex-end" mt="lg" gap="sm">
          <ActionButton refusal={off} loading={isPending} onClick={() => onTag({ add: [], remove: [tag] })}>
            {text.take}
          </ActionButton>
          <ActionButton
            variant="filled"
            refusal={off}
            loading={isPending}
            onClick={() => onTag({ add: [tag], remove: [] })}
          >
            {text.give}
          </ActionButton>
        </Group>
      </form>
    </Modal>
  );
}
