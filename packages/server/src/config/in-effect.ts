import { type Setting, type SettingName, settings } from './settings.ts';

type Value = string | number | boolean | string[];

/** A setting as it is in effect; its value is null where it is a secret, or the host decides. */
export interface SettingInEffect {
  name: string;
  value: Value | null;
  /** Who has set it. */
  source: 'option' | 'variable' | 'file' | 'default';
  isSecret: boolean;
  meaning: string;
}

/** All settings with what holds and where it comes from. Values of secrets are left out here, so that they get no further. */
export function settingsInEffect(decided: {
  sourceOf: (name: SettingName) => SettingInEffect['source'];
  given: (name: SettingName) => unknown;
  /** What was found where nobody had set it. */
  found: Partial<Record<SettingName, Value>>;
}): SettingInEffect[] {
  return settings.map(([name, setting]) => {
    const { key, option, variable, meaning, isSecret = false }: Setting = setting;
    const value = (decided.found[name] ?? decided.given(name) ?? setting.default ?? null) as Value | null;
    return {
      name: key ?? option ?? variable ?? name,
      value: isSecret ? null : value,
      source: decided.sourceOf(name),
      isSecret,
      meaning,
    };
  });
}
