import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { Name } from '../../ui/name.tsx';
import { words } from '../../words/words.ts';
import { brushOf, type Grip, gripAt, moveByKey, moveGrip, type Span, spanOf } from './brush-moves.ts';
import styles from './parallel-plot.module.css';
import type { Brush } from './selection.ts';
import { type ShownAxis, tellValue } from './shown-axes.ts';

/** How near to an end of a brush a pointer takes hold of it, and how far it must go to be no mere tap. */
const NEAR_PX = 6;
const TAP_PX = 3;

interface PlotAxisProps {
  axis: ShownAxis;
  /** Middle of the axis, its upper end and its height in pixels of the plot. */
  x: number;
  top: number;
  height: number;
  /** Distance to the next axis. */
  spacing: number;
  brush: Brush | undefined;
  isActive: boolean;
  /** While it is moved, then, when it is let go, for good. */
  onBrush: (ends: Omit<Brush, 'column'> | null, isMoved: boolean) => void;
  onSettings: () => void;
  /** Moves the axis by so many places. */
  onMove: (by: number) => void;
}

/** One axis as people take hold of it: its name, by which it is moved and set up, and the track of its brush. */
export function PlotAxis(props: PlotAxisProps) {
  const { axis, x, top, height, spacing, brush, isActive, onBrush, onSettings, onMove } = props;
  const { parallel } = words.sweep;
  const { name } = axis.data;
  const span = brush ? spanOf(axis, brush) : null;
  const held = useRef<{ grip: Grip; y: number; last: Span | null } | null>(null);
  const dragged = useRef<{ x: number; by: number } | null>(null);
  const keyed = useRef<Span | null | undefined>(undefined);

  const placeOf = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return 1 - (event.clientY - box.top) / box.height;
  };
  const press = (event: PointerEvent<HTMLElement>) => {
    if (event.button !== 0) {
      return;
    }
    event.currentTarget.setPointerCapture(event.pointerId);
    held.current = { grip: gripAt(span, placeOf(event), NEAR_PX / height), y: event.clientY, last: null };
  };
  const drag = (event: PointerEvent<HTMLElement>) => {
    const hold = held.current;
    if (hold && (hold.last !== null || Math.abs(event.clientY - hold.y) > TAP_PX)) {
      hold.last = moveGrip(hold.grip, placeOf(event));
      onBrush(brushOf(axis, hold.last), true);
    }
  };
  const release = () => {
    const hold = held.current;
    held.current = null;
    if (hold) {
      // A tap takes the brush away.
      onBrush(hold.last === null ? null : brushOf(axis, hold.last), false);
    }
  };
  const key = (event: KeyboardEvent) => {
    const next = moveByKey(span, event.key, event.shiftKey);
    if (next !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) {
      event.preventDefault();
      keyed.current = next;
      onBrush(next === null ? null : brushOf(axis, next), true);
    }
  };
  const settle = () => {
    if (keyed.current !== undefined) {
      const last = keyed.current;
      keyed.current = undefined;
      onBrush(last === null ? null : brushOf(axis, last), false);
    }
  };
  const told = (value: number) =>
    tellValue(axis.data, Math.min(axis.data.max, Math.max(axis.data.min, value)));
  const text = brush
    ? parallel.brushed(told(brush.from), told(brush.to))
    : parallel.unbrushed(told(axis.data.min), told(axis.data.max));

  return (
    <div className={styles.axis} style={{ left: x }}>
      <button
        type="button"
        className={styles.name}
        style={{ width: spacing - 8 }}
        title={name}
        aria-label={parallel.settings(name)}
        aria-pressed={isActive}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          dragged.current = { x: event.clientX, by: 0 };
        }}
        onPointerMove={(event) => {
          const from = dragged.current;
          if (from) {
            const distance = event.clientX - from.x;
            from.by = Math.round(distance / spacing);
            event.currentTarget.style.translate = Math.abs(distance) > TAP_PX ? `${distance}px` : '';
          }
        }}
        onPointerUp={(event) => {
          event.currentTarget.style.translate = '';
          if (dragged.current && dragged.current.by !== 0) {
            onMove(dragged.current.by);
          }
        }}
        onClick={() => {
          const by = dragged.current?.by ?? 0;
          dragged.current = null;
          if (by === 0) {
            onSettings();
          }
        }}
      >
        <Name>{name}</Name>
      </button>
      <div
        role="slider"
        tabIndex={0}
        className={styles.track}
        style={{ top, height }}
        aria-label={parallel.brush(name)}
        aria-orientation="vertical"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * (span ? (span[0] + span[1]) / 2 : 0.5))}
        aria-valuetext={text}
        onPointerDown={press}
        onPointerMove={drag}
        onPointerUp={release}
        onPointerCancel={release}
        onKeyDown={key}
        onKeyUp={settle}
        onBlur={settle}
      >
        {span && (
          <div
            className={styles.brush}
            style={{ bottom: span[0] * height, height: Math.max(4, (span[1] - span[0]) * height) }}
          />
        )}
      </div>
    </div>
  );
}
