import { Checkbox, NativeSelect } from '@mantine/core';
import { mesh as words } from '../../words/en/mesh.ts';
import type { Cut, MeshOptions } from './mesh-options.ts';
import styles from './mesh-view.module.css';

interface LookToolsProps {
  options: MeshOptions;
  onOptions: (changes: Partial<MeshOptions>) => void;
}

/** Edges, opacity and the cut. */
export function LookTools({ options: { areEdgesShown, opacity, cut }, onOptions }: LookToolsProps) {
  const change = (changes: Partial<Cut>) =>
    onOptions({ cut: { axis: 0, share: 0.5, isFlipped: false, ...cut, ...changes } });
  return (
    <>
      <label className={styles.field}>
        {words.opacity}
        <input
          type="range"
          min={0.1}
          max={1}
          step={0.1}
          value={opacity}
          onChange={(event) => onOptions({ opacity: Number(event.currentTarget.value) })}
        />
      </label>
      <NativeSelect
        label={words.clip}
        value={cut === null ? '' : cut.axis}
        onChange={({ currentTarget: { value } }) =>
          value === '' ? onOptions({ cut: null }) : change({ axis: Number(value) as Cut['axis'] })
        }
      >
        <option value="">{words.noClip}</option>
        {words.clipAxes.map((label, axis) => (
          <option key={label} value={axis}>
            {label}
          </option>
        ))}
      </NativeSelect>
      {cut && (
        <>
          <label className={styles.field}>
            {words.clipPlace}
            <input
              type="range"
              min={0}
              max={1}
              step={0.01}
              value={cut.share}
              onChange={(event) => change({ share: Number(event.currentTarget.value) })}
            />
          </label>
          <Checkbox
            label={words.clipFlip}
            checked={cut.isFlipped}
            onChange={(event) => change({ isFlipped: event.currentTarget.checked })}
          />
        </>
      )}
      <Checkbox
        label={words.edges}
        checked={areEdgesShown}
        onChange={(event) => onOptions({ areEdgesShown: event.currentTarget.checked })}
      />
    </>
  );
}
