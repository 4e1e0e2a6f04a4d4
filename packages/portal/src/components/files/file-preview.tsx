import { Button, CloseButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Loading } from '../../ui/loading.tsx';
import { useSearchState } from '../../ui/use-search.ts';
import type { ByteSource, Neighbours } from '../../viewers/byte-source.ts';
import { VIEWS, type ViewName, viewByBytes, viewByName } from '../../viewers/choose-view.ts';
import { lineIn } from '../../viewers/log/log-options.ts';
import { words } from '../../words/words.ts';
import styles from './file-preview.module.css';

const ImageView = lazy(() =>
  import('../../viewers/image-view.tsx').then((module) => ({ default: module.ImageView })),
);
const JsonView = lazy(() =>
  import('../../viewers/json-view.tsx').then((module) => ({ default: module.JsonView })),
);
const TableView = lazy(() =>
  import('../../viewers/table-view.tsx').then((module) => ({ default: module.TableView })),
);
const MeshView = lazy(() =>
  import('../../viewers/mesh/mesh-view.tsx').then((module) => ({ default: module.MeshView })),
);
const BytesView = lazy(() =>
  import('../../viewers/bytes-view.tsx').then((module) => ({ default: module.BytesView })),
);
const LogView = lazy(() =>
  import('../../viewers/log/log-view.tsx').then((module) => ({ default: module.LogView })),
);

/** Enough to tell texts from other bytes. */
const SNIFFED_BYTES = 4096;

interface FilePreviewProps {
  source: ByteSource;
  name: string;
  /** Absent where a file is known by itself alone. */
  neighbours?: Neighbours;
  onDownload: () => void;
  /** Absent where the file is all that the page shows. */
  onClose?: () => void;
}

/** What a file holds, shown as what it is; people may choose another view. */
export function FilePreview({ source, name, neighbours, onDownload, onClose }: FilePreviewProps) {
  const [search, change] = useSearchState();
  const { preview } = words.files;
  const named = viewByName(name);
  const start = useQuery({
    queryKey: ['bytes', source.key, 'start'],
    queryFn: ({ signal }) => source.read(0, SNIFFED_BYTES, signal),
    enabled: named === null,
    gcTime: 0,
  });
  const sniffed = start.error ? 'text' : start.data && viewByBytes(start.data.bytes);
  const view = VIEWS.find((each) => each === search.view) ?? named ?? sniffed;
  return (
    <section className={styles.preview} aria-label={preview.region(name)}>
      <div className={styles.head}>
        <h2 className={styles.name}>
          <bdi>{name}</bdi>
        </h2>
        <Button size="compact-sm" onClick={onDownload}>
          {words.files.download}
        </Button>
        {onClose && <CloseButton aria-label={preview.close} onClick={onClose} />}
      </div>
      <fieldset className={styles.views}>
        <legend className="visually-hidden">{preview.openAs}</legend>
        {VIEWS.map((each) => (
          <Button
            key={each}
            size="compact-sm"
            variant={view === each ? 'light' : 'subtle'}
            color={view === each ? undefined : 'gray'}
            aria-pressed={view === each}
            onClick={() => change({ view: each })}
          >
            {preview.views[each]}
          </Button>
        ))}
      </fieldset>
      <Suspense fallback={<Loading />}>
        {view === undefined ? (
          <Loading />
        ) : (
          <Viewer view={view} source={source} name={name} neighbours={neighbours} onDownload={onDownload} />
        )}
      </Suspense>
    </section>
  );
}

function Viewer({ view, source, name, neighbours, onDownload }: FilePreviewProps & { view: ViewName }) {
  const [search, change] = useSearchState();
  switch (view) {
    case 'image':
      return <ImageView source={source} name={name} />;
    case 'json':
      return <JsonView source={source} />;
    case 'table':
      return <TableView source={source} name={name} />;
    case 'mesh':
      return (
        <MeshView
          source={source}
          name={name}
          neighbours={neighbours}
          search={search}
          onSearch={change}
          onDownload={onDownload}
        />
      );
    case 'bytes':
      return <BytesView source={source} />;
    case 'text':
      return (
        <LogView
          source={source}
          options={{
            q: search.find ?? '',
            regex: search.re === '1',
            wrap: search.wrap === '1',
            times: search.time === '1',
            line: lineIn(search.line),
          }}
          onOptions={({ q, regex, wrap, times, line }) =>
            change({
              ...(q !== undefined && { find: q }),
              ...(regex !== undefined && { re: regex ? '1' : undefined }),
              ...(line !== undefined && { line: line === null ? undefined : String(line) }),
              ...(wrap !== undefined && { wrap: wrap ? '1' : undefined }),
              ...(times !== undefined && { time: times ? '1' : undefined }),
            })
          }
          onDownload={onDownload}
        />
      );
  }
}
