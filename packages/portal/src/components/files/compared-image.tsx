import { fromList, toList } from '../../ui/search.ts';
import { useSearchState } from '../../ui/use-search.ts';
import type { ChartFile } from '../../viewers/chart/use-chart.ts';
import { picturesOf, seriesOf } from '../../viewers/image-series.ts';
import { ImageView } from '../../viewers/image-view.tsx';
import type { Siblings } from '../../viewers/siblings.ts';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import styles from './compared-image.module.css';
import { FileSelect } from './file-select.tsx';

/** A picture, the series that it is one of, and another that it is compared with. */
export function ComparedImage({ file, siblings }: { file: ChartFile; siblings: Siblings | undefined }) {
  const [search, change] = useSearchState();
  const text = words.viewers.image;
  const pictures = picturesOf(siblings?.names ?? []);
  const series = seriesOf(file.name, pictures);
  const place = series.indexOf(file.name);
  const otherName = toList(search.path).find((name) => name !== file.name && pictures.includes(name));
  const other = otherName === undefined ? undefined : (siblings?.open(otherName) ?? undefined);
  const others = pictures.filter((name) => name !== file.name);
  const show = (name: string) =>
    change({ path: fromList([name, ...(otherName === undefined ? [] : [otherName])]) });
  return (
    <>
      {others.length > 0 && (
        <div className={styles.tools}>
          {place !== -1 && (
            <label className={styles.series}>
              <span className="visually-hidden">{text.series(file.name)}</span>
              <input
                type="range"
                min={0}
                max={series.length - 1}
                value={place}
                aria-valuetext={`${file.name}, ${text.place(formatCount(place + 1), formatCount(series.length))}`}
                onChange={(event) => show(series[Number(event.currentTarget.value)]!)}
              />
              <span className="muted">{text.place(formatCount(place + 1), formatCount(series.length))}</span>
            </label>
          )}
          <FileSelect
            label={text.compare}
            names={others}
            value={otherName ?? null}
            onChoose={(name) => change({ path: fromList(name === null ? [file.name] : [file.name, name]) })}
          />
        </div>
      )}
      <ImageView source={file.source} name={file.name} other={other} />
    </>
  );
}
