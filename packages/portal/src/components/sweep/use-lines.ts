import { useComputedColorScheme } from '@mantine/core';
import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { resolveParts } from '../../ui/colours.ts';
import { placesOf } from '../../viewers/sweep/axis-scale.ts';
import { createLineRenderer, type LineRenderer, type PlotFrame } from '../../viewers/sweep/line-renderer.ts';
import type { Selection } from './selection.ts';
import type { ShownAxis } from './shown-axes.ts';

interface LinesOptions {
  axes: readonly ShownAxis[];
  /** Rows of the table. */
  count: number;
  selection: Selection;
  isMoved: boolean;
  /** In pixels of the page. */
  size: { width: number; height: number };
  frame: PlotFrame;
}

interface Lines {
  renderer: RefObject<LineRenderer | null>;
  /** False where the browser draws none. */
  isPossible: boolean;
}

/** Keeps the lines on a canvas as they should be. How far the drawing is stands at the canvas, for whoever looks from outside. */
export function useLines(canvas: RefObject<HTMLCanvasElement | null>, options: LinesOptions): Lines {
  const { axes, count, selection, isMoved, size, frame } = options;
  const renderer = useRef<LineRenderer | null>(null);
  const [isPossible, setIsPossible] = useState(true);
  // The graphics card can be taken away, and be given back.
  const [generation, setGeneration] = useState(0);
  const theme = useComputedColorScheme('light');

  // biome-ignore lint/correctness/useExhaustiveDependencies: another generation begins anew
  useLayoutEffect(() => {
    const element = canvas.current!;
    const made = createLineRenderer(element, (drawn, isWhole) => {
      element.dataset.drawn = String(drawn);
      element.dataset.whole = String(isWhole);
    });
    renderer.current = made;
    setIsPossible(made !== null);
    const keep = (event: Event) => event.preventDefault();
    const again = () => setGeneration((current) => current + 1);
    element.addEventListener('webglcontextlost', keep);
    element.addEventListener('webglcontextrestored', again);
    return () => {
      element.removeEventListener('webglcontextlost', keep);
      element.removeEventListener('webglcontextrestored', again);
      made?.dispose();
      renderer.current = null;
    };
  }, [canvas, generation]);

  const { left, right, top, bottom, rail } = frame;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a renderer of another generation knows nothing yet
  useLayoutEffect(() => {
    const element = canvas.current!;
    const scale = devicePixelRatio;
    element.width = Math.max(1, Math.round(size.width * scale));
    element.height = Math.max(1, Math.round(size.height * scale));
    const [lowest, highest] = [bottom * scale, top * scale];
    renderer.current?.setFrame({
      ...{ left: left * scale, right: right * scale, top: highest, bottom: lowest, rail: rail * scale },
    });
  }, [canvas, size.width, size.height, left, right, top, bottom, rail, generation]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useLayoutEffect(() => {
    const parent = canvas.current!.parentElement!;
    renderer.current?.setColours({
      selected: resolveParts('--accent', parent),
      others: resolveParts('--edge', parent),
    });
  }, [canvas, theme, generation]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a renderer of another generation knows nothing yet
  useLayoutEffect(() => {
    const places = axes.map(({ data, scale }) => {
      const into = new Float32Array(count);
      placesOf(data.values, scale, into);
      return into;
    });
    renderer.current?.setLines({ places, rows: count });
  }, [axes, count, generation]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a renderer of another generation knows nothing yet
  useLayoutEffect(() => {
    renderer.current?.select(selection.has, selection.isNarrowed, isMoved);
  }, [selection, isMoved, generation]);

  return { renderer, isPossible };
}
