import { Button } from '@mantine/core';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import { listAt } from './fields.ts';
import styles from './job-form.module.css';
import { EMPTY_JOB, type JobDocument } from './use-job-document.ts';

interface TilesProps {
  job: JobDocument;
  count: number;
  shown: number;
  onShow: (tile: number) => void;
}

/** The tiles of a job: which one is shown, another one, and one less. */
export function Tiles({ job, count, shown, onShow }: TilesProps) {
  const text = words.newJob;
  return (
    <div className={styles.tiles}>
      {count > 1 &&
        Array.from({ length: count }, (_, index) => (
          <Button
            // biome-ignore lint/suspicious/noArrayIndexKey: a tile is known by its place
            key={index}
            size="compact-sm"
            variant={index === shown ? 'light' : 'default'}
            aria-pressed={index === shown}
            onClick={() => onShow(index)}
          >
            {text.tile(formatCount(index + 1), formatCount(count))}
          </Button>
        ))}
      <Button
        size="compact-sm"
        onClick={() => {
          job.set(['jobanalyses', count], listAt(EMPTY_JOB, ['jobanalyses'])[0]);
          onShow(count);
        }}
      >
        {text.addTile}
      </Button>
      {count > 1 && (
        <Button size="compact-sm" onClick={() => job.set(['jobanalyses', shown], undefined)}>
          {text.removeTile}
        </Button>
      )}
    </div>
  );
}
