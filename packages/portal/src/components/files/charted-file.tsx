import { Button } from '@mantine/core';
import { PRESETS, presetOfLog } from '../../presets/presets.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { fromList, toList } from '../../ui/search.ts';
import { useSearchState } from '../../ui/use-search.ts';
import { ChartView } from '../../viewers/chart/chart-view.tsx';
import type { ChartOptions } from '../../viewers/chart/choose-columns.ts';
import { rangeFromText, rangeToText } from '../../viewers/chart/range.ts';
import type { ChartFile } from '../../viewers/chart/use-chart.ts';
import { mayBeCharted } from '../../viewers/choose-view.ts';
import type { Siblings } from '../../viewers/siblings.ts';
import { words } from '../../words/words.ts';
import styles from './charted-file.module.css';
import { FileSelect } from './file-select.tsx';
import { useBeginning } from './use-beginning.ts';

/** More lines than those of so many files nobody tells apart. */
const MAX_FILES = 6;
/** Columns of a file as lines, and of those that are laid over it. */
export function ChartedFile({ file, siblings }: { file: ChartFile; siblings: Siblings | undefined }) {
  const [search, change] = useSearchState();
  const text = words.viewers.chart;
  const over = toList(search.path)
    .filter((name) => name !== file.name)
    .slice(0, MAX_FILES - 1);
  const files = [file, ...over.flatMap((name) => siblings?.open(name) ?? [])];
  const others =
    siblings?.names.filter((name) => mayBeCharted(name) && name !== file.name && !over.includes(name)) ?? [];
  const put = (names: readonly string[]) => change({ path: fromList([file.name, ...names]) });
  return (
    <ChartView files={files} preset={null} {...useChartOptions()}>
      {(others.length > 0 || over.length > 0) && (
        <div className={styles.over}>
          {others.length > 0 && files.length < MAX_FILES && (
            <FileSelect
              label={text.over}
              names={others}
              value={null}
              onChoose={(name) => name !== null && put([...over, name])}
            />
          )}
          {over.map((name) => (
            <Button key={name} size="compact-sm" onClick={() => put(over.filter((each) => each !== name))}>
              {text.without(name)}
            </Button>
          ))}
        </div>
      )}
    </ChartView>
  );
}

/** The log of a solver as lines, if it is one that is known. */
export function ResidualsOfFile({ file }: { file: ChartFile }) {
  const query = useBeginning(file.source);
  const options = useChartOptions();
  const text = words.viewers.chart;
  return (
    <Loaded query={query}>
      {(beginning) => {
        const preset = presetOfLog(beginning);
        return preset === null ? (
          <EmptyState title={text.unknownLog}>
            <p>{text.unknownLogText(PRESETS.map(({ title }) => title).join(', '))}</p>
          </EmptyState>
        ) : (
          <ChartView files={[file]} preset={preset} {...options} />
        );
      }}
    </Loaded>
  );
}

/** What is chosen of a chart, as the address has it. */
function useChartOptions(): { options: ChartOptions; onOptions: (changes: Partial<ChartOptions>) => void } {
  const [search, change] = useSearchState();
  const isLog = (axis: 'x' | 'y') => (search.log === undefined ? null : search.log.includes(axis));
  const options: ChartOptions = {
    x: search.x ?? null,
    isCounted: search.rows === '1',
    ys: toList(search.y),
    logX: isLog('x'),
    logY: isLog('y'),
    smoothing: Math.min(1001, Math.max(1, Math.round(Number(search.smooth ?? 1)) || 1)),
    range: rangeFromText(search.range),
  };
  return {
    options,
    onOptions: (changes) => {
      const { x, isCounted, ys, logX, logY, smoothing, range } = { ...options, ...changes };
      const isLogChosen = 'logX' in changes || 'logY' in changes;
      change({
        x: x ?? undefined,
        rows: isCounted ? '1' : undefined,
        y: fromList(ys),
        ...(isLogChosen && { log: `${logX ? 'x' : ''}${logY ? 'y' : ''}` || 'none' }),
        smooth: smoothing > 1 ? String(smoothing) : undefined,
        range: rangeToText(range),
      });
    },
  };
}
