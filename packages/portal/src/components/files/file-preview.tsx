import { Button, CloseButton, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Suspense } from 'react';
import { lazyPart } from '../../api/lazy-part.ts';
import { Loading } from '../../ui/loading.tsx';
import { Name } from '../../ui/name.tsx';
import { useSearchState } from '../../ui/use-search.ts';
import type { ByteSource } from '../../viewers/byte-source.ts';
import { likelyViews, VIEWS, type ViewName, viewByBytes, viewByName } from '../../viewers/choose-view.ts';
import type { Growth } from '../../viewers/log/growth.ts';
import { lineIn } from '../../viewers/log/log-options.ts';
import type { ViewLink } from '../../viewers/page/page-view.tsx';
import type { Siblings } from '../../viewers/siblings.ts';
import { words } from '../../words/words.ts';
import styles from './file-preview.module.css';

const ComparedImage = lazyPart(() => import('./compared-image.tsx'), 'ComparedImage');
const JsonView = lazyPart(() => import('../../viewers/json-view.tsx'), 'JsonView');
const TableView = lazyPart(() => import('../../viewers/table-view.tsx'), 'TableView');
const ChartedFile = lazyPart(() => import('./charted-file.tsx'), 'ChartedFile');
const ResidualsOfFile = lazyPart(() => import('./charted-file.tsx'), 'ResidualsOfFile');
const MarkdownView = lazyPart(() => import('../../viewers/markdown/markdown-view.tsx'), 'MarkdownView');
const PdfView = lazyPart(() => import('../../viewers/pdf/pdf-view.tsx'), 'PdfView');
const ArchiveView = lazyPart(() => import('../../viewers/archive/archive-view.tsx'), 'ArchiveView');
const MeshView = lazyPart(() => import('../../viewers/mesh/mesh-view.tsx'), 'MeshView');
const BytesView = lazyPart(() => import('../../viewers/bytes-view.tsx'), 'BytesView');
const PageView = lazyPart(() => import('../../viewers/page/page-view.tsx'), 'PageView');
const LogView = lazyPart(() => import('../../viewers/log/log-view.tsx'), 'LogView');

/** Enough to tell texts from other bytes. */
const SNIFFED_BYTES = 4096;

interface FilePreviewProps {
  source: ByteSource;
  name: string;
  /** Absent while a run executes: what it writes is not kept yet. */
  viewLink?: ViewLink | undefined;
  /** Tells what is written to it, while a run executes. */
  growth?: Growth | undefined;
  siblings?: Siblings | undefined;
  onDownload: () => void;
  /** Absent where the file is all that the page shows. */
  onClose?: () => void;
}

/** What a file holds, shown as what it is; people may choose another view. */
export function FilePreview({ onClose, ...file }: FilePreviewProps) {
  const { source, name, onDownload } = file;
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
  const natural = named ?? sniffed;
  const offered = view === undefined ? [] : likelyViews(natural ?? 'text', view);
  return (
    <section className={styles.preview} aria-label={preview.region(name)}>
      <div className={styles.head}>
        <h2 className={styles.name}>
          <Name>{name}</Name>
        </h2>
        <Button size="compact-sm" onClick={onDownload}>
          {words.files.download}
        </Button>
        {onClose && <CloseButton aria-label={preview.close} onClick={onClose} />}
      </div>
      {view !== undefined && (
        <div className={styles.views}>
          <fieldset>
            <legend className="visually-hidden">{preview.openAs}</legend>
            {offered.map((each) => (
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
          <NativeSelect
            aria-label={preview.openAs}
            size="xs"
            value=""
            onChange={(event) => change({ view: event.currentTarget.value })}
            data={[
              { value: '', label: preview.openAs },
              ...VIEWS.filter((each) => !offered.includes(each)).map((each) => ({
                value: each,
                label: preview.views[each],
              })),
            ]}
          />
        </div>
      )}
      <Suspense fallback={<Loading />}>
        {view === undefined ? (
          <Loading />
        ) : (
          // Pictures of a series follow each other in the same place; of anything else nothing is kept for the next file.
          <Viewer key={view === 'image' ? view : source.key} view={view} {...file} />
        )}
      </Suspense>
    </section>
  );
}

type ViewedFile = Omit<FilePreviewProps, 'onClose'>;

function Viewer({ view, ...file }: ViewedFile & { view: ViewName }) {
  const { source, name, viewLink, growth, siblings } = file;
  switch (view) {
    case 'image':
      return <ComparedImage file={{ name, source }} siblings={siblings} />;
    case 'json':
      return <JsonView source={source} />;
    case 'table':
      return <TableView source={source} name={name} />;
    case 'chart':
      return <ChartedFile file={{ name, source, growth }} siblings={siblings} />;
    case 'residuals':
      return <ResidualsOfFile file={{ name, source, growth }} />;
    case 'page':
      return <PageView name={name} viewLink={viewLink} source={<TextView {...file} />} />;
    case 'markdown':
      return <MarkdownView source={source} name={name} />;
    case 'pdf':
      return <PagedPdf {...file} />;
    case 'archive':
      return <ArchiveOfFile {...file} />;
    case 'mesh':
      return <MeshOfFile {...file} />;
    case 'bytes':
      return <BytesView source={source} />;
    case 'text':
      return <TextView {...file} />;
  }
}

function TextView({ source, growth, onDownload }: ViewedFile) {
  const [search, change] = useSearchState();
  return (
    <LogView
      source={source}
      growth={growth}
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

function MeshOfFile({ source, name, siblings, onDownload }: ViewedFile) {
  const [search, change] = useSearchState();
  return (
    <MeshView
      source={source}
      name={name}
      siblings={siblings}
      search={search}
      onSearch={change}
      onDownload={onDownload}
    />
  );
}

function ArchiveOfFile({ source, name }: ViewedFile) {
  const [{ entry = '' }, change] = useSearchState();
  return (
    <ArchiveView
      source={source}
      name={name}
      filter={entry}
      onFilter={(typed) => change({ entry: typed || undefined })}
    />
  );
}

function PagedPdf({ source, name }: ViewedFile) {
  const [search, change] = useSearchState();
  const page = Math.max(1, Math.round(Number(search.page ?? 1)) || 1);
  return (
    <PdfView
      source={source}
      name={name}
      page={page}
      onPage={(next) => change({ page: next === 1 ? undefined : String(next) })}
    />
  );
}
