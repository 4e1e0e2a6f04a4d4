import { useEffect, useRef } from 'react';
import { usePreferences } from './preferences.ts';

type Keys = readonly (readonly [key: string, action: () => void])[];

/** Keys of this page. They do nothing while somebody types, nor in dialogs, nor with Ctrl, Alt or Meta held. */
export function useKeys(keys: Keys): void {
  const { singleKeys } = usePreferences();
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!singleKeys) {
      return;
    }
    const listen = (event: KeyboardEvent) => {
      const isHeld = event.ctrlKey || event.altKey || event.metaKey;
      const action = latest.current.find(([key]) => key === event.key)?.[1];
      if (!action || isHeld || event.defaultPrevented || isTyping(event.target)) {
        return;
      }
      event.preventDefault();
      action();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, [singleKeys]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest('[role="dialog"], [role="menu"], [role="listbox"], textarea, select') !== null ||
      (target instanceof HTMLInputElement && !['checkbox', 'radio', 'button'].includes(target.type)))
  );
}
