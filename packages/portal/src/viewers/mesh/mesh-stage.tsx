import { Button } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useMemo, useRef, useState } from 'react';
import { announce } from '../../ui/announcer.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { KeysHelp } from '../../ui/keys-help.tsx';
import { Name } from '../../ui/name.tsx';
import { notifyFailed } from '../../ui/notify.tsx';
import { saveBlob } from '../../ui/save-blob.ts';
import { useKeys } from '../../ui/use-keys.ts';
import { mesh as words } from '../../words/en/mesh.ts';
import { formatCount } from '../../words/numbers.ts';
import { type CameraPlace, formatCamera, parseCamera, VIEWS } from './camera.ts';
import { CameraTools } from './camera-tools.tsx';
import { ColourLegend, type LegendContent } from './colour-legend.tsx';
import { ColourTools, componentName } from './colour-tools.tsx';
import { LookTools } from './look-tools.tsx';
import { MeshCanvas } from './mesh-canvas.tsx';
import type { MeshClient } from './mesh-client.ts';
import { boundsOf, type MeshOptions, planeOf, shownArray, shownComponent } from './mesh-options.ts';
import styles from './mesh-view.module.css';
import { pictureOf } from './picture.ts';
import type { Scene } from './scene.ts';
import type { LoadedMesh } from './use-mesh.ts';
import { useValues } from './use-values.ts';
import { chosenRange } from './value-range.ts';
import { type Probed, ProbeTable, RangesTable } from './values-tables.tsx';

interface MeshStageProps {
  name: string;
  client: MeshClient;
  info: LoadedMesh;
  options: MeshOptions;
  onOptions: (changes: Partial<MeshOptions>) => void;
  /** As the address has it. */
  camera: string | undefined;
  onCamera: (camera: string) => void;
  onStep: (by: 1 | -1) => void;
}

/** The address follows the camera a moment after it has come to rest. */
const CAMERA_PAUSE_MS = 300;

/** A mesh that has been read, with what is chosen about it. */
export function MeshStage({
  name,
  client,
  info,
  options,
  onOptions,
  camera,
  onCamera,
  onStep,
}: MeshStageProps) {
  const { surface, arrays } = info;
  const { map, areEdgesShown, opacity, cut, range: rangeChoice } = options;
  const array = shownArray(options.array, arrays);
  const component = shownComponent(options.component, array?.components ?? 1);
  const { values, error } = useValues(client, array, component);
  const [low, high] = chosenRange(rangeChoice, values?.range ?? null);
  const bounds = useMemo(() => boundsOf(surface.points), [surface]);
  const look = useMemo(
    () => ({
      colouring:
        array && values
          ? { association: array.association, values: values.values, range: [low, high] as const, map }
          : null,
      areEdgesShown,
      opacity,
      clip: cut && planeOf(cut, bounds),
    }),
    [array, values, low, high, map, areEdgesShown, opacity, cut, bounds],
  );
  const current: LegendContent | null = array &&
    values && {
      title: titleOf(array.name, array.components, component, array.unit ?? options.unit),
      range: [low, high],
      map,
    };
  const isReady = array === null || values !== null || error !== null;
  const {
    surface: drawn,
    look: drawnLook,
    legend,
  } = useLatestWhen(isReady, { surface, look, legend: current });

  const scene = useRef<Scene | null>(null);
  const stage = useRef<HTMLDivElement>(null);
  const told = useRef(camera);
  const tellCamera = useDebouncedCallback((place: CameraPlace) => {
    told.current = formatCamera(place);
    onCamera(told.current);
  }, CAMERA_PAUSE_MS);
  // Back and forward lead to where the camera was.
  useEffect(() => {
    const place = parseCamera(camera);
    if (camera !== told.current && place) {
      scene.current?.place(place);
    }
  }, [camera]);
  const [probed, setProbed] = useState<Probed | 'nothing' | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was picked belongs to the mesh that was there
  useEffect(() => {
    setProbed(null);
    announce(words.holds(formatCount(info.pointCount), formatCount(info.cellCount)));
  }, [client]);
  const pick = async (x: number, y: number) => {
    const found = scene.current?.pick(x, y) ?? null;
    if (!found) {
      setProbed('nothing');
      announce(words.pickedNothing);
      return;
    }
    const { pointId, cellId } = found;
    try {
      setProbed({ pick: found, values: await client.ask({ kind: 'probe', pointId, cellId }) });
    } catch (error) {
      // Another step has taken the place of the one that was asked.
      if (!isAbort(error)) {
        notifyFailed(words.pickFailed, error);
      }
    }
  };
  const save = async () => {
    if (scene.current && stage.current) {
      try {
        saveBlob(await pictureOf(scene.current, legend, stage.current), `${name.split('/').at(-1)}.png`);
      } catch (error) {
        notifyFailed(words.pictureFailed, error);
      }
    }
  };
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const lookFrom = (view: string) => () => scene.current?.lookFrom(VIEWS[view]!.from, VIEWS[view]!.up);
  useKeys([
    ['x', lookFrom('+x')],
    ['y', lookFrom('+y')],
    ['z', lookFrom('+z')],
    ['X', lookFrom('-x')],
    ['Y', lookFrom('-y')],
    ['Z', lookFrom('-z')],
    ['r', () => scene.current?.reset()],
    ['e', () => onOptions({ areEdgesShown: !areEdgesShown })],
    ['v', () => void pick(0.5, 0.5)],
    ['<', () => onStep(-1)],
    ['>', () => onStep(1)],
    ['?', () => setIsHelpOpen(true)],
  ]);

  return (
    <>
      <div className={styles.tools}>
        <ColourTools
          arrays={arrays}
          array={array}
          range={[low, high]}
          options={options}
          onOptions={onOptions}
        />
        <LookTools options={options} onOptions={onOptions} />
      </div>
      <div className={styles.tools}>
        <CameraTools scene={scene} />
      </div>
      <div ref={stage} className={styles.stage}>
        <MeshCanvas
          name={name}
          surface={drawn}
          look={drawnLook}
          firstCamera={parseCamera(camera)}
          onCamera={tellCamera}
          onPick={(x, y) => void pick(x, y)}
          scene={scene}
        />
      </div>
      {legend && <ColourLegend {...legend} />}
      {error !== null && <ErrorState error={error} />}
      <div className={styles.tools}>
        <Button size="compact-sm" onClick={() => void pick(0.5, 0.5)}>
          {words.pick}
        </Button>
        <Button size="compact-sm" onClick={() => void save()}>
          {words.picture}
        </Button>
        <Button size="compact-sm" onClick={() => setIsHelpOpen(true)}>
          {words.keysTitle}
        </Button>
        <span className="muted">
          <Name>{name}</Name> · {words.holds(formatCount(info.pointCount), formatCount(info.cellCount))}
          {info.omittedCells > 0 && ` · ${words.omitted(formatCount(info.omittedCells))}`}
        </span>
      </div>
      {probed === null && <p className="muted">{words.pickHint}</p>}
      {probed === 'nothing' && <p>{words.pickedNothing}</p>}
      {probed !== null && probed !== 'nothing' && <ProbeTable {...probed} />}
      {arrays.length > 0 ? (
        <RangesTable key={name} client={client} />
      ) : (
        <p className="muted">{words.noArrays}</p>
      )}
      <KeysHelp isOpen={isHelpOpen} onClose={() => setIsHelpOpen(false)} keys={words.keys} />
    </>
  );
}

/** The last that was ready: from step to step nothing flickers while colours are on their way. */
function useLatestWhen<T>(isReady: boolean, value: T): T {
  const latest = useRef(value);
  if (isReady) {
    latest.current = value;
  }
  return latest.current;
}

function titleOf(name: string, components: number, component: number, unit: string): string {
  const part =
    components === 1 ? '' : `, ${component === -1 ? words.magnitude : componentName(components, component)}`;
  return `${name}${part}${unit === '' ? '' : ` [${unit}]`}`;
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
