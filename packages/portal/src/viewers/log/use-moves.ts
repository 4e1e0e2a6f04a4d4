import { type KeyboardEvent, type RefObject, type TouchEvent, useEffect, useRef } from 'react';
import type { LogReader } from './log-reader.ts';

const LINE_PX = 18;

/** Keys, wheel and finger over the lines of a log. */
export function useMoves(reader: RefObject<LogReader | null>, rows: number) {
  const rest = useRef(0);
  const touch = useRef<number | null>(null);
  const element = useRef<HTMLElement | null>(null);

  const movePixels = (pixels: number) => {
    rest.current += pixels / LINE_PX;
    const lines = Math.trunc(rest.current);
    if (lines !== 0) {
      rest.current -= lines;
      reader.current?.move(lines);
    }
  };
  const latest = useRef(movePixels);
  latest.current = movePixels;
  // React listens to the wheel passively: there the page would scroll as well.
  useEffect(() => {
    const target = element.current;
    const wheel = (event: WheelEvent) => {
      if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        return;
      }
      event.preventDefault();
      latest.current(event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * LINE_PX : event.deltaY);
    };
    target?.addEventListener('wheel', wheel, { passive: false });
    return () => target?.removeEventListener('wheel', wheel);
  }, []);

  return {
    attach: (target: HTMLElement | null) => {
      element.current = target;
    },
    handlers: {
      onKeyDown: (event: KeyboardEvent) => {
        const isHeld = event.ctrlKey || event.altKey || event.metaKey;
        if (!isHeld && reader.current && moveByKey(event.key, reader.current, rows)) {
          event.preventDefault();
        }
      },
      onTouchStart: (event: TouchEvent) => {
        touch.current = event.touches[0]?.clientY ?? null;
      },
      onTouchMove: (event: TouchEvent) => {
        const y = event.touches[0]?.clientY;
        if (y !== undefined && touch.current !== null) {
          movePixels(touch.current - y);
          touch.current = y;
        }
      },
    },
  };
}

/** Whether a key moves the lines. */
function moveByKey(key: string, log: LogReader, rows: number): boolean {
  const page = Math.max(1, rows - 1);
  switch (key) {
    case 'ArrowDown':
      log.move(1);
      return true;
    case 'ArrowUp':
      log.move(-1);
      return true;
    case 'PageDown':
    case ' ':
      log.move(page);
      return true;
    case 'PageUp':
      log.move(-page);
      return true;
    case 'Home':
      log.toStart();
      return true;
    case 'End':
      log.toEnd();
      return true;
    default:
      return false;
  }
}
