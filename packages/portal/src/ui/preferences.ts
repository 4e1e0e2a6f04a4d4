/**
 * How somebody wants pages to look and to listen. It is kept by the browser, so that a page is right from its first picture
 * on; whoever keeps it elsewhere too hears of changes by `onPreferenceChange`.
 */
import { createStore, useStore } from './store.ts';

export interface Preferences {
  /** `auto` follows the system. */
  theme: 'auto' | 'light' | 'dark';
  /** How high rows of tables are. */
  rows: 'compact' | 'roomy';
  /** Whether keys of a single letter do something: people who dictate switch them off. */
  singleKeys: boolean;
}

type Name = keyof Preferences;
type Listener = (changes: Partial<Preferences>) => void;

const KEPT = 'quarry.preferences';
export const DEFAULT_PREFERENCES: Preferences = { theme: 'auto', rows: 'compact', singleKeys: true };
const CHOICES: { [N in Name]: readonly Preferences[N][] } = {
  theme: ['auto', 'light', 'dark'],
  rows: ['compact', 'roomy'],
  singleKeys: [true, false],
};
/** In pixels, with the line below; `--row-height` of the tokens says the same to style sheets. */
const ROW_PX: Record<Preferences['rows'], number> = { compact: 32, roomy: 40 };

const store = createStore<Preferences>({ ...DEFAULT_PREFERENCES, ...known(kept()) });
const listeners = new Set<Listener>();

export const currentPreferences = (): Preferences => store.get();

export function usePreferences(): Preferences {
  return useStore(store);
}

export function useRowPx(): number {
  return ROW_PX[usePreferences().rows];
}

/** What somebody wants from now on. */
export function changePreferences(changes: Partial<Preferences>): void {
  takePreferences(changes);
  for (const listener of [...listeners]) {
    listener(changes);
  }
}

/** Calls `listener` with what somebody changes here. */
export function onPreferenceChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Takes over what is kept elsewhere; what is unknown in it is left alone. */
export function takePreferences(values: Record<string, unknown>): void {
  const next = { ...store.get(), ...known(values) };
  store.set(next);
  try {
    localStorage.setItem(KEPT, JSON.stringify(next));
  } catch {
    // Full or forbidden: then it holds until the page is left.
  }
}

/** Those of the values that a preference can have. */
function known(values: Record<string, unknown>): Partial<Preferences> {
  const entries = (Object.keys(CHOICES) as Name[])
    .filter((name) => Object.hasOwn(values, name))
    .filter((name) => (CHOICES[name] as readonly unknown[]).includes(values[name]))
    .map((name) => [name, values[name]]);
  return Object.fromEntries(entries) as Partial<Preferences>;
}

function kept(): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEPT) ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
