import { Kbd, Modal, Switch } from '@mantine/core';
import { words } from '../words/words.ts';
import styles from './keys-help.module.css';
import { changePreferences, usePreferences } from './preferences.ts';

interface KeysHelpProps {
  isOpen: boolean;
  onClose: () => void;
  keys: readonly (readonly [string, string])[];
}

/** The keys of a page, and the switch that turns those of a single letter off. */
export function KeysHelp({ isOpen, onClose, keys }: KeysHelpProps) {
  const { singleKeys } = usePreferences();
  const { keys: text } = words.jobs;
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={text.title}
      closeButtonProps={{ 'aria-label': words.frame.close }}
    >
      <dl className={styles.keys}>
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <Kbd>{key}</Kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <Switch
        mt="lg"
        label={text.off}
        checked={singleKeys}
        onChange={(event) => changePreferences({ singleKeys: event.currentTarget.checked })}
      />
    </Modal>
  );
}
