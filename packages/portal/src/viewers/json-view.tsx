import { useState } from 'react';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { formatBytes, formatCount } from '../words/numbers.ts';
import { words } from '../words/words.ts';
import type { ByteSource } from './byte-source.ts';
import styles from './json-view.module.css';
import { useBytes } from './use-bytes.ts';

const MAX_BYTES = 8 * 1024 * 1024;
/** Of a list that is longer only the beginning is shown. */
const MAX_ITEMS = 200;
/** What is open without being asked for. */
const OPEN_DEPTH = 2;

/** JSON as a tree whose branches open and close. */
export function JsonView({ source }: { source: ByteSource }) {
  const query = useBytes(source, MAX_BYTES);
  const { preview } = words.files;
  return (
    <Loaded query={query}>
      {({ bytes, size }) => {
        if (bytes.length < size) {
          return <EmptyState title={preview.tooLarge(formatBytes(size), formatBytes(MAX_BYTES))} />;
        }
        const parsed = parse(new TextDecoder().decode(bytes));
        return 'reason' in parsed ? (
          <EmptyState title={preview.noJson(parsed.reason)} />
        ) : (
          <div className={styles.tree}>
            <Value value={parsed.value} depth={0} />
          </div>
        );
      }}
    </Loaded>
  );
}

function parse(text: string): { value: unknown } | { reason: string } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A value and what is in it; of a branch that is closed nothing is in the page, since a file of some megabytes has millions of leaves. */
export function Value({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const { preview } = words.files;
  const [isOpen, setIsOpen] = useState(depth < OPEN_DEPTH);
  const label = name === undefined ? null : <span className={styles.name}>{name}: </span>;
  if (typeof value !== 'object' || value === null) {
    return (
      <div className={styles.leaf}>
        {label}
        <span data-kind={value === null ? 'null' : typeof value}>{JSON.stringify(value)}</span>
      </div>
    );
  }
  const entries = Object.entries(value);
  const shown = isOpen ? entries.slice(0, MAX_ITEMS) : [];
  return (
    <details
      open={isOpen}
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
      className={styles.branch}
    >
      <summary>
        {label}
        <span className="muted">
          {Array.isArray(value) ? '[ ]' : '{ }'} {preview.items(formatCount(entries.length))}
        </span>
      </summary>
      {shown.map(([key, child]) => (
        <Value key={key} name={key} value={child} depth={depth + 1} />
      ))}
      {isOpen && entries.length > shown.length && (
        <div className="muted">{preview.moreItems(formatCount(entries.length - shown.length))}</div>
      )}
    </details>
  );
}
