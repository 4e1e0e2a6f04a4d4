import type { PDFDocumentProxy } from 'pdfjs-dist';
import { useEffect, useRef, useState } from 'react';
import { ErrorState } from '../../ui/error-state.tsx';
import { words } from '../../words/words.ts';
import styles from './pdf-view.module.css';

/** Browsers refuse to draw more at once. */
const MAX_PIXELS = 16 * 1024 * 1024;

interface PdfPageProps {
  document: PDFDocumentProxy;
  page: number;
  label: string;
  /** In pixels of the page around it. */
  width: number;
}

/** A page as a picture, and its text for those who do not see it. */
export function PdfPage({ document, page, label, width }: PdfPageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [text, setText] = useState('');
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    const leave = new AbortController();
    const draw = async () => {
      const proxy = await document.getPage(page);
      const { current: target } = canvas;
      if (leave.signal.aborted || target === null) {
        return;
      }
      const natural = proxy.getViewport({ scale: 1 });
      const wanted = (width / natural.width) * window.devicePixelRatio;
      const scale = Math.min(wanted, Math.sqrt(MAX_PIXELS / (natural.width * natural.height)));
      const viewport = proxy.getViewport({ scale });
      target.width = Math.floor(viewport.width);
      target.height = Math.floor(viewport.height);
      target.style.width = `${width}px`;
      const rendering = proxy.render({ canvas: target, viewport });
      leave.signal.addEventListener('abort', () => rendering.cancel());
      await rendering.promise;
      const content = await proxy.getTextContent();
      if (!leave.signal.aborted) {
        setText(
          content.items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join(''),
        );
      }
    };
    setError(null);
    draw().catch((reason) => {
      if (!leave.signal.aborted) {
        setError(reason);
      }
    });
    return () => leave.abort();
  }, [document, page, width]);
  return (
    <>
      {error !== null && <ErrorState error={error} />}
      <canvas ref={canvas} role="img" aria-label={label} className={styles.page} />
      <div className="visually-hidden">
        <h3>{words.viewers.pdf.textOf(String(page))}</h3>
        <p>{text}</p>
      </div>
    </>
  );
}
