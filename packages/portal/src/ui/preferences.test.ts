import { beforeEach, expect, test, vi } from 'vitest';

const kept = new Map<string, string>();

beforeEach(() => {
  kept.clear();
  vi.resetModules();
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
  });
});

const load = () => import('./preferences.ts');

test('a browser that kept something else begins with what everybody begins with', async () => {
  for (const text of ['{', 'null', '[]', '7', '{"theme":"pink","rows":3,"singleKeys":"yes"}']) {
    kept.set('quarry.preferences', text);
    vi.resetModules();
    const { currentPreferences, DEFAULT_PREFERENCES } = await load();
    expect(currentPreferences(), text).toEqual(DEFAULT_PREFERENCES);
  }
});

test('what is changed is kept by the browser, and told to whoever keeps it elsewhere', async () => {
  const { changePreferences, onPreferenceChange } = await load();
  const told: object[] = [];
  const leave = onPreferenceChange((changes) => told.push(changes));
  changePreferences({ rows: 'roomy' });
  leave();
  changePreferences({ theme: 'dark' });
  expect(told).toEqual([{ rows: 'roomy' }]);
  vi.resetModules();
  const { currentPreferences } = await load();
  expect(currentPreferences()).toEqual({ theme: 'dark', rows: 'roomy', singleKeys: true });
});

test('of what is kept elsewhere only what has a meaning here is taken, and it is told to nobody', async () => {
  const { currentPreferences, onPreferenceChange, takePreferences } = await load();
  onPreferenceChange(() => expect.unreachable());
  takePreferences({ theme: 'light', rows: 'high', columns: ['name'], singleKeys: false });
  expect(currentPreferences()).toEqual({ theme: 'light', rows: 'compact', singleKeys: false });
});
