import { Radio, Switch } from '@mantine/core';
import styles from '../components/settings/settings.module.css';
import { SettingsFrame } from '../components/settings/settings-frame.tsx';
import { Panel } from '../ui/panel.tsx';
import { changePreferences, type Preferences, usePreferences } from '../ui/preferences.ts';
import { words } from '../words/words.ts';

/** How pages look and listen, for whoever is signed in, in every browser. */
export function AppearancePage() {
  const text = words.settings.appearance;
  const { theme, rows, singleKeys } = usePreferences();
  return (
    <SettingsFrame title={text.title} lead={text.lead}>
      <div className={styles.stack}>
        <Panel title={text.theme}>
          <Choice
            label={text.theme}
            value={theme}
            choices={words.frame.themes}
            onChange={(value) => changePreferences({ theme: value })}
          />
        </Panel>
        <Panel title={text.rows}>
          <Choice
            label={text.rows}
            value={rows}
            choices={text.heights}
            onChange={(value) => changePreferences({ rows: value })}
          />
        </Panel>
        <Panel title={text.keys}>
          <Switch
            label={words.jobs.keys.off}
            description={text.keysText}
            checked={singleKeys}
            onChange={(event) => changePreferences({ singleKeys: event.currentTarget.checked })}
          />
        </Panel>
      </div>
    </SettingsFrame>
  );
}

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  choices: Record<Value, string>;
  onChange: (value: Value) => void;
}

function Choice<Value extends Preferences['theme'] | Preferences['rows']>({
  label,
  value,
  choices,
  onChange,
}: ChoiceProps<Value>) {
  return (
    <Radio.Group aria-label={label} value={value} onChange={(chosen) => onChange(chosen as Value)}>
      <div className={styles.choices}>
        {Object.entries<string>(choices).map(([each, name]) => (
          <Radio key={each} value={each} label={name} />
        ))}
      </div>
    </Radio.Group>
  );
}
