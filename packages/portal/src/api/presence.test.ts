import { afterEach, expect, test, vi } from 'vitest';
import { isSomebodyThere, watchPresence } from './presence.ts';

afterEach(() => vi.useRealTimers());

test('somebody is there for a while after each sign of them, and what a script sets off is none', () => {
  const listeners = new Map<string, (event: { isTrusted: boolean }) => void>();
  const sign = (name: string, isTrusted = true) => listeners.get(name)?.({ isTrusted });
  vi.useFakeTimers({ toFake: ['performance'] });
  watchPresence({
    addEventListener: (name: string, listener: unknown) =>
      void listeners.set(name, listener as (event: { isTrusted: boolean }) => void),
  });
  expect(isSomebodyThere()).toBe(false);
  sign('pointerdown', false);
  expect(isSomebodyThere()).toBe(false);
  sign('keydown');
  vi.advanceTimersByTime(29_000);
  expect(isSomebodyThere()).toBe(true);
  sign('wheel');
  vi.advanceTimersByTime(29_000);
  expect(isSomebodyThere()).toBe(true);
  vi.advanceTimersByTime(2000);
  expect(isSomebodyThere()).toBe(false);
});
