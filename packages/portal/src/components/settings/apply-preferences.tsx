import { useMantineColorScheme } from '@mantine/core';
import { useEffect } from 'react';
import { usePreferences } from '../../ui/preferences.ts';

/** Has the whole page follow the preferences. */
export function ApplyPreferences() {
  const { theme, rows } = usePreferences();
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => setColorScheme(theme), [theme, setColorScheme]);
  useEffect(() => {
    document.documentElement.dataset.rows = rows;
  }, [rows]);
  return null;
}
