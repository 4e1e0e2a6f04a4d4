import { useComputedColorScheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { type KeyboardEvent, type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { mesh as words } from '../../words/en/mesh.ts';
import { axesOnScreen, type CameraPlace } from './camera.ts';
import type { Colour } from './colour-maps.ts';
import styles from './mesh-view.module.css';
import { type Look, Scene } from './scene.ts';
import type { Surface } from './surface.ts';

interface MeshCanvasProps {
  name: string;
  surface: Surface;
  look: Look;
  /** Where the camera stands first; null shows all. */
  firstCamera: CameraPlace | null;
  onCamera: (place: CameraPlace) => void;
  /** A click, in shares of the picture from its top left. */
  onPick: (x: number, y: number) => void;
  /** The scene, for buttons and keys beside the picture; null before and after it. */
  scene: RefObject<Scene | null>;
}

/** A whole turn takes as many pixels. */
const TURN_PX = 720;
const STEP_DEGREES = 10;
const STEP_SHARE = 0.05;
export const ZOOM_STEP = 1.2;
/** A hand that clicks moves a little. */
const CLICK_PX = 4;

/** The picture, which is turned by dragging, moved with Shift, and zoomed by the wheel once it has the focus. */
export function MeshCanvas(props: MeshCanvasProps) {
  const { name, surface, look, firstCamera, onCamera, scene } = props;
  const size = useElementSize<HTMLDivElement>();
  const container = useRef<HTMLDivElement>(null);
  const [camera, setCamera] = useState<CameraPlace | null>(null);
  const scheme = useComputedColorScheme('light');
  const latest = useRef({ onCamera, firstCamera });
  latest.current = { onCamera, firstCamera };
  const drawn = useRef<Surface | null>(null);
  const isSized = size.width > 0;

  useEffect(() => {
    const opened = new Scene(container.current!, (place) => {
      setCamera(place);
      // Where the camera stands without being asked needs no place in the address.
      if (drawn.current !== null) {
        latest.current.onCamera(place);
      }
    });
    scene.current = opened;
    return () => {
      scene.current = null;
      drawn.current = null;
      opened.close();
    };
  }, [scene]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours of the page change with its theme
  useEffect(() => {
    const opened = scene.current;
    if (!opened || !isSized) {
      return;
    }
    const isFirst = drawn.current === null;
    opened.setColours(coloursOf(container.current!));
    if (drawn.current !== surface) {
      opened.setSurface(surface);
    }
    opened.setLook(look);
    if (isFirst) {
      const { firstCamera: first } = latest.current;
      opened.resize(size.width, size.height);
      if (first) {
        opened.place(first);
      } else {
        opened.reset();
      }
    }
    drawn.current = surface;
    opened.render();
  }, [surface, look, scheme, isSized, scene]);
  useEffect(() => {
    if (drawn.current !== null && size.width > 0) {
      scene.current?.resize(size.width, size.height);
    }
  }, [size.width, size.height, scene]);

  const pointer = usePointer(props);
  useWheel(container, scene);
  const ref = useMergedRef(size.ref, container);
  return (
    <>
      <section
        ref={ref}
        className={styles.canvas}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the picture is turned by keys when it has the focus
        tabIndex={0}
        aria-label={words.region(name)}
        onKeyDown={(event) => moveByKey(event, scene.current)}
        {...pointer}
      >
        <span data-tone="surface" className="muted" hidden />
      </section>
      {camera && <Axes camera={camera} />}
    </>
  );
}

function Axes({ camera }: { camera: CameraPlace }) {
  return (
    <svg className={styles.axes} viewBox="-32 -32 64 64" aria-hidden="true">
      {axesOnScreen(camera).map(([right, above], axis) => (
        <g key={'xyz'[axis]}>
          <line x1="0" y1="0" x2={right * 22} y2={above * -22} />
          <text x={right * 28} y={above * -28}>
            {'xyz'[axis]}
          </text>
        </g>
      ))}
    </svg>
  );
}

function usePointer({ scene, onPick }: MeshCanvasProps) {
  const drag = useRef<{ x: number; y: number; moved: number; isPan: boolean } | null>(null);
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.button > 1) {
        return;
      }
      event.currentTarget.setPointerCapture(event.pointerId);
      drag.current = {
        x: event.clientX,
        y: event.clientY,
        moved: 0,
        isPan: event.shiftKey || event.button === 1,
      };
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      const { current } = drag;
      if (!current) {
        return;
      }
      const dx = event.clientX - current.x;
      const dy = event.clientY - current.y;
      current.moved += Math.abs(dx) + Math.abs(dy);
      Object.assign(current, { x: event.clientX, y: event.clientY });
      if (current.moved < CLICK_PX) {
        return;
      }
      if (current.isPan) {
        const { height } = event.currentTarget.getBoundingClientRect();
        scene.current?.pan(dx / height, -dy / height);
      } else {
        scene.current?.rotate((dx * 360) / TURN_PX, (dy * 360) / TURN_PX);
      }
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => {
      const { current } = drag;
      drag.current = null;
      if (current && current.moved < CLICK_PX) {
        const box = event.currentTarget.getBoundingClientRect();
        onPick((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
      }
    },
    onPointerCancel: () => {
      drag.current = null;
    },
  };
}

/** The wheel zooms what has the focus; otherwise it scrolls the page, as one expects who only passes by. */
function useWheel(container: RefObject<HTMLElement | null>, scene: RefObject<Scene | null>): void {
  useEffect(() => {
    const element = container.current!;
    const zoom = (event: WheelEvent) => {
      if (document.activeElement === element) {
        event.preventDefault();
        scene.current?.zoom(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
      }
    };
    element.addEventListener('wheel', zoom, { passive: false });
    return () => element.removeEventListener('wheel', zoom);
  }, [container, scene]);
}

function moveByKey(event: KeyboardEvent, scene: Scene | null): void {
  if (event.ctrlKey || event.altKey || event.metaKey || !scene) {
    return;
  }
  const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
    event.key
  ];
  if (direction) {
    const [right, up] = direction as [number, number];
    if (event.shiftKey) {
      scene.pan(right * STEP_SHARE, up * STEP_SHARE);
    } else {
      turn(scene, right, up);
    }
  } else if (event.key === '+' || event.key === '=') {
    scene.zoom(ZOOM_STEP);
  } else if (event.key === '-') {
    scene.zoom(1 / ZOOM_STEP);
  } else if (event.key === '[' || event.key === ']') {
    scene.roll(event.key === '[' ? STEP_DEGREES : -STEP_DEGREES);
  } else {
    return;
  }
  event.preventDefault();
}

/** By one step of a key or a button. */
export function turn(scene: Scene, right: number, up: number): void {
  scene.rotate(right * STEP_DEGREES, -up * STEP_DEGREES);
}

export function move(scene: Scene, right: number, up: number): void {
  scene.pan(right * STEP_SHARE, up * STEP_SHARE);
}

export function roll(scene: Scene, left: number): void {
  scene.roll(left * STEP_DEGREES);
}

/** Those of the page around the picture, whatever its theme is. */
function coloursOf(element: HTMLElement) {
  return {
    background: colourOf(getComputedStyle(element.parentElement!).backgroundColor),
    surface: colourOf(getComputedStyle(element.querySelector('[data-tone="surface"]')!).color),
    edges: colourOf(getComputedStyle(element).color),
  };
}

/** What a style says as three numbers. */
function colourOf(style: string): Colour {
  const [red = 0, green = 0, blue = 0] = (style.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue];
}
