import { ActionIcon, Button, TextInput } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import type { PDFDocumentProxy } from 'pdfjs-dist';
import { useEffect, useState } from 'react';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { IconChevronLeft, IconChevronRight } from '../../ui/icons.ts';
import { Loading } from '../../ui/loading.tsx';
import { formatCount } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { ByteSource } from '../byte-source.ts';
import { openPdf } from './open-pdf.ts';
import { PdfPage } from './pdf-page.tsx';
import styles from './pdf-view.module.css';

const MIN_ZOOM = 0.25;
const MAX_ZOOM = 4;
const ZOOM_STEP = 1.25;

interface PdfViewProps {
  source: ByteSource;
  name: string;
  /** From 1 on. */
  page: number;
  onPage: (page: number) => void;
}

type Opened = { document: PDFDocumentProxy } | { error: unknown } | null;

/** The pages of a PDF, one at a time, drawn; what is in it besides pictures and text does nothing. */
export function PdfView({ source, name, page, onPage }: PdfViewProps) {
  const text = words.viewers.pdf;
  const [opened, setOpened] = useState<Opened>(null);
  const [tries, setTries] = useState(0);
  const [zoom, setZoom] = useState(1);
  const size = useElementSize<HTMLDivElement>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a source is known by its key, and each try opens it anew
  useEffect(() => {
    const leave = new AbortController();
    setOpened(null);
    const fail = (error: unknown) => {
      if (!leave.signal.aborted) {
        setOpened({ error });
      }
    };
    const opening = openPdf(source, { signal: leave.signal, onFailed: fail });
    opening.then((task) => task.promise).then((document) => setOpened({ document }), fail);
    return () => {
      leave.abort();
      void opening.then((task) => task.destroy()).catch(() => undefined);
    };
  }, [source.key, tries]);

  if (opened === null) {
    return <Loading rows={8} />;
  }
  if ('error' in opened) {
    return <Failure error={opened.error} onRetry={() => setTries(tries + 1)} />;
  }
  const { document } = opened;
  const shown = Math.min(Math.max(1, page), document.numPages);
  const count = formatCount(document.numPages);
  return (
    <>
      <div className={styles.tools}>
        <ActionIcon aria-label={text.previous} disabled={shown === 1} onClick={() => onPage(shown - 1)}>
          <IconChevronLeft size={18} aria-hidden />
        </ActionIcon>
        <PageField key={shown} page={shown} pages={document.numPages} onPage={onPage} />
        <span className="muted">{text.ofPages(count)}</span>
        <ActionIcon
          aria-label={text.next}
          disabled={shown === document.numPages}
          onClick={() => onPage(shown + 1)}
        >
          <IconChevronRight size={18} aria-hidden />
        </ActionIcon>
        <Button size="compact-sm" onClick={() => setZoom(Math.max(MIN_ZOOM, zoom / ZOOM_STEP))}>
          {text.zoomOut}
        </Button>
        <Button size="compact-sm" onClick={() => setZoom(Math.min(MAX_ZOOM, zoom * ZOOM_STEP))}>
          {text.zoomIn}
        </Button>
        <Button size="compact-sm" disabled={zoom === 1} onClick={() => setZoom(1)}>
          {text.fit}
        </Button>
      </div>
      <section
        ref={size.ref}
        className={styles.frame}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        aria-label={text.region(name)}
      >
        {size.width > 0 && (
          <PdfPage
            document={document}
            page={shown}
            label={text.pageLabel(formatCount(shown), count)}
            width={size.width * zoom}
          />
        )}
      </section>
    </>
  );
}

interface PageFieldProps {
  page: number;
  pages: number;
  onPage: (page: number) => void;
}

function PageField({ page, pages, onPage }: PageFieldProps) {
  const [typed, setTyped] = useState(String(page));
  const go = () => {
    const wanted = Math.round(Number(typed));
    if (wanted >= 1 && wanted <= pages) {
      onPage(wanted);
    } else {
      setTyped(String(page));
    }
  };
  return (
    <TextInput
      className={styles.field}
      size="xs"
      inputMode="numeric"
      aria-label={words.viewers.pdf.page}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={go}
      onKeyDown={(event) => event.key === 'Enter' && go()}
    />
  );
}

/** What the library says of a file is about the file; everything else can be tried again. */
function Failure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const text = words.viewers.pdf;
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) };
  if (name === 'PasswordException') {
    return <EmptyState title={text.locked} />;
  }
  if (name === 'InvalidPDFException' || name === 'FormatError') {
    return (
      <EmptyState title={text.failed}>
        <p>{message}</p>
      </EmptyState>
    );
  }
  return <ErrorState error={error} onRetry={onRetry} />;
}
