import { Button } from '@mantine/core';
import type { RefObject } from 'react';
import { mesh as words } from '../../words/en/mesh.ts';
import { VIEWS } from './camera.ts';
import { move, roll, turn, ZOOM_STEP } from './mesh-canvas.tsx';
import styles from './mesh-view.module.css';
import type { Scene } from './scene.ts';

/** Every move of the camera as a button: who cannot drag has the same. */
export function CameraTools({ scene }: { scene: RefObject<Scene | null> }) {
  const by = (act: (scene: Scene) => void) => () => {
    if (scene.current) {
      act(scene.current);
    }
  };
  const moves: readonly (readonly [label: string, sign: string, act: (scene: Scene) => void])[] = [
    [words.turnLeft, '←', (shown) => turn(shown, -1, 0)],
    [words.turnRight, '→', (shown) => turn(shown, 1, 0)],
    [words.turnUp, '↑', (shown) => turn(shown, 0, 1)],
    [words.turnDown, '↓', (shown) => turn(shown, 0, -1)],
    [words.moveLeft, '⇤', (shown) => move(shown, -1, 0)],
    [words.moveRight, '⇥', (shown) => move(shown, 1, 0)],
    [words.moveUp, '⤒', (shown) => move(shown, 0, 1)],
    [words.moveDown, '⤓', (shown) => move(shown, 0, -1)],
    [words.rollLeft, '↺', (shown) => roll(shown, 1)],
    [words.rollRight, '↻', (shown) => roll(shown, -1)],
    [words.zoomIn, '+', (shown) => shown.zoom(ZOOM_STEP)],
    [words.zoomOut, '−', (shown) => shown.zoom(1 / ZOOM_STEP)],
  ];
  return (
    <fieldset className={styles.group}>
      <legend className="visually-hidden">{words.camera}</legend>
      <Button size="compact-sm" onClick={by((shown) => shown.reset())}>
        {words.reset}
      </Button>
      {Object.entries(VIEWS).map(([name, { from, up }]) => (
        <Button
          key={name}
          size="compact-sm"
          aria-label={words.views[name]}
          title={words.views[name]}
          onClick={by((shown) => shown.lookFrom(from, up))}
        >
          {name.replace('-', '−')}
        </Button>
      ))}
      {moves.map(([label, sign, act]) => (
        <Button key={label} size="compact-sm" aria-label={label} title={label} onClick={by(act)}>
          {sign}
        </Button>
      ))}
    </fieldset>
  );
}
