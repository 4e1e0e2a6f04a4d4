import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { mesh as words } from '../../words/en/mesh.ts';
import { formatBytes, formatValue } from '../../words/numbers.ts';
import { words as all } from '../../words/words.ts';
import type { ByteSource } from '../byte-source.ts';
import type { Siblings } from '../siblings.ts';
import { formatOptions, type MeshOptions, type MeshSearch, parseOptions } from './mesh-options.ts';
import { MeshStage } from './mesh-stage.tsx';
import styles from './mesh-view.module.css';
import { isWebGlThere } from './scene.ts';
import { numberedSeries, type Step } from './series.ts';
import { StepSlider } from './step-slider.tsx';
import { useMesh } from './use-mesh.ts';

interface MeshViewProps {
  source: ByteSource;
  /** The path of the file in its run. */
  name: string;
  siblings: Siblings | undefined;
  /** What the address says, and how to change it. */
  search: MeshSearch;
  onSearch: (changes: Record<string, string | undefined>) => void;
  onDownload: () => void;
}

/** A mesh and its values in three dimensions. */
export function MeshView(props: MeshViewProps) {
  const [isThere] = useState(isWebGlThere);
  if (!isThere) {
    return (
      <EmptyState title={words.noWebGl}>
        <p>{words.noWebGlText}</p>
        <Button onClick={props.onDownload}>{all.files.download}</Button>
      </EmptyState>
    );
  }
  return <Loaded {...props} />;
}

function Loaded({ source, name, siblings, search, onSearch }: MeshViewProps) {
  const options = useMemo(() => parseOptions(search), [search]);
  const onOptions = (changes: Partial<MeshOptions>) => onSearch(formatOptions(changes));
  const [attempt, setAttempt] = useState<number | null>(0);
  // A `.pvd` file is read once, then one of the files that it names.
  const [collection, setCollection] = useState<readonly Step[] | null>(null);
  const numbered = useMemo(() => numberedSeries(name, siblings?.names ?? []), [name, siblings]);
  // A solver takes away steps that it has written while it goes on.
  const steps = useMemo(
    () => collection?.filter(({ path: each }) => siblings?.names.includes(each)) ?? numbered,
    [collection, numbered, siblings],
  );
  const step = stepOf(options.step, steps, name);
  const path = steps[step]?.path ?? name;
  const chosen = useMemo(
    () => (path === name ? source : (siblings?.open(path)?.source ?? source)),
    [path, name, siblings, source],
  );
  const { shown, error, progress } = useMesh({ path, source: chosen, siblings, attempt });
  if (shown?.info.kind === 'series' && collection === null) {
    const known = shown.info.parts.filter(({ path: part }) => siblings?.names.includes(part));
    if (known.length > 0) {
      setCollection(known.map(({ path: part, time }) => ({ path: part, label: formatValue(time) })));
    }
  }
  return (
    <div className={styles.view}>
      {steps.length > 1 && (
        <StepSlider steps={steps} step={step} onStep={(next) => onOptions({ step: next + 1 })} />
      )}
      {progress && (
        <p className={styles.progress}>
          {progress.size === 0 || progress.loaded < progress.size
            ? words.loading(formatBytes(progress.loaded), formatBytes(progress.size))
            : words.reading}
          <Button size="compact-sm" onClick={() => setAttempt(null)}>
            {words.cancel}
          </Button>
        </p>
      )}
      {attempt === null && (
        <EmptyState title={words.cancelled}>
          <Button onClick={() => setAttempt(0)}>{words.load}</Button>
        </EmptyState>
      )}
      {error !== null && <ErrorState error={error} onRetry={() => setAttempt((attempt ?? 0) + 1)} />}
      {shown?.info.kind === 'series' && (collection === null || steps.length === 0) && (
        <EmptyState title={siblings ? words.problems.noneListed : words.problems.noSiblings} />
      )}
      {shown?.info.kind === 'mesh' && (
        <MeshStage
          name={shown.path}
          client={shown.client}
          info={shown.info}
          options={options}
          onOptions={onOptions}
          camera={search.cam}
          onCamera={(cam) => onSearch({ cam })}
          onStep={(by) => steps[step + by] !== undefined && onOptions({ step: step + by + 1 })}
        />
      )}
    </div>
  );
}

/** The place of the step in the series: the one that was asked for, else the file itself, else the last. */
function stepOf(asked: number | null, steps: readonly Step[], name: string): number {
  if (asked !== null && asked >= 1 && asked <= steps.length) {
    return asked - 1;
  }
  const own = steps.findIndex(({ path }) => path === name);
  return own === -1 ? Math.max(0, steps.length - 1) : own;
}
