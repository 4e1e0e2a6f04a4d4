import type { Components } from 'hast-util-to-jsx-runtime';
import { toJsxRuntime } from 'hast-util-to-jsx-runtime';
import { useEffect, useMemo, useState } from 'react';
import { Fragment, jsx, jsxs } from 'react/jsx-runtime';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Loading } from '../../ui/loading.tsx';
import { formatBytes } from '../../words/numbers.ts';
import { words } from '../../words/words.ts';
import type { ByteSource } from '../byte-source.ts';
import { useBytes } from '../use-bytes.ts';
import { linkTarget } from './link-target.ts';
import styles from './markdown-view.module.css';
import type { Parsed } from './markdown-worker.ts';

/** What people write by hand is shorter. */
const MAX_BYTES = 512 * 1024;
/** Texts can be made that take hours. */
const MAX_PARSE_MS = 5000;

/** Text with marks, as what it stands for: nothing in it becomes markup by itself, and nothing is fetched for it. */
export function MarkdownView({ source, name }: { source: ByteSource; name: string }) {
  const query = useBytes(source, MAX_BYTES);
  return (
    <Loaded query={query}>
      {({ bytes, size }) =>
        bytes.length < size ? (
          <EmptyState title={words.files.preview.tooLarge(formatBytes(size), formatBytes(MAX_BYTES))} />
        ) : (
          <Text bytes={bytes} name={name} />
        )
      }
    </Loaded>
  );
}

function Text({ bytes, name }: { bytes: Uint8Array; name: string }) {
  const text = words.viewers.markdown;
  const parsed = useParsed(bytes);
  const content = useMemo(
    () =>
      parsed !== null && 'root' in parsed
        ? toJsxRuntime(parsed.root, { Fragment, jsx, jsxs, components: COMPONENTS })
        : null,
    [parsed],
  );
  if (parsed === null) {
    return <Loading />;
  }
  if ('reason' in parsed) {
    return (
      <EmptyState title={text.failed}>
        <p>{parsed.reason}</p>
      </EmptyState>
    );
  }
  return (
    <section
      className={styles.text}
      aria-label={words.viewers.markdown.region(name)}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
    >
      {content}
    </section>
  );
}

/** Null until it is known. */
function useParsed(bytes: Uint8Array): Parsed | null {
  const [parsed, setParsed] = useState<Parsed | null>(null);
  useEffect(() => {
    const { slow } = words.viewers.markdown;
    const worker = new Worker(new URL('./markdown-worker.ts', import.meta.url), { type: 'module' });
    const timer = setTimeout(() => finish({ reason: slow }), MAX_PARSE_MS);
    const finish = (result: Parsed) => {
      clearTimeout(timer);
      worker.terminate();
      setParsed(result);
    };
    worker.onmessage = ({ data }: MessageEvent<Parsed>) => finish(data);
    worker.onerror = ({ message }) => finish({ reason: message });
    worker.postMessage(new TextDecoder().decode(bytes));
    return () => {
      clearTimeout(timer);
      worker.terminate();
    };
  }, [bytes]);
  return parsed;
}

/** Below the headings of the page: its own is the first, the name of the file the second. */
const COMPONENTS: Components = {
  h1: ({ children }) => <h3 data-level="1">{children}</h3>,
  h2: ({ children }) => <h3 data-level="2">{children}</h3>,
  h3: ({ children }) => <h4>{children}</h4>,
  h4: ({ children }) => <h5>{children}</h5>,
  h5: ({ children }) => <h6>{children}</h6>,
  h6: ({ children }) => <h6>{children}</h6>,
  a: ({ href, children }) => {
    const target = linkTarget(href);
    return target === null ? (
      <span className={styles.link}>{children}</span>
    ) : (
      <a href={target} title={target} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    );
  },
  img: ({ alt, src }) => (
    <span className="muted">
      [{alt ? words.viewers.markdown.picture(alt) : words.viewers.markdown.namelessPicture(String(src ?? ''))}
      ]
    </span>
  ),
  // The boxes of lists of tasks tell something, and nothing can be done with them.
  input: ({ checked }) => (
    <span role="img" aria-label={checked ? words.viewers.markdown.done : words.viewers.markdown.open}>
      {checked ? '☑' : '☐'}
    </span>
  ),
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className={styles.table} tabIndex={0} aria-label={words.viewers.markdown.table}>
      <table>{children}</table>
    </section>
  ),
};
