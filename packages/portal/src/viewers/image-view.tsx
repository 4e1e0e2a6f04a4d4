import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { formatBytes } from '../words/numbers.ts';
import { words } from '../words/words.ts';
import type { ByteSource } from './byte-source.ts';
import { imageType } from './choose-view.ts';
import styles from './image-view.module.css';
import { useBytes } from './use-bytes.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/** A picture as the browser draws it: as an image, in which nothing runs whatever the file holds. */
export function ImageView({ source, name }: { source: ByteSource; name: string }) {
  const query = useBytes(source, MAX_BYTES);
  const { preview } = words.files;
  return (
    <Loaded query={query}>
      {({ bytes, size }) =>
        bytes.length < size ? (
          <EmptyState title={preview.tooLarge(formatBytes(size), formatBytes(MAX_BYTES))} />
        ) : (
          <Picture bytes={bytes} name={name} />
        )
      }
    </Loaded>
  );
}

function Picture({ bytes, name }: { bytes: Uint8Array; name: string }) {
  const { preview } = words.files;
  const [url, setUrl] = useState<string | null>(null);
  const [isWhole, setIsWhole] = useState(false);
  const [isBroken, setIsBroken] = useState(false);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: imageType(name) }));
    setUrl(made);
    setIsBroken(false);
    return () => URL.revokeObjectURL(made);
  }, [bytes, name]);
  if (isBroken) {
    return <EmptyState title={preview.noImage} />;
  }
  return (
    <>
      <Button size="compact-sm" mb="sm" onClick={() => setIsWhole(!isWhole)}>
        {isWhole ? preview.fit : preview.whole}
      </Button>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={styles.frame} tabIndex={0} aria-label={preview.region(name)}>
        {url !== null && (
          <img
            src={url}
            alt={name}
            className={isWhole ? undefined : styles.fitted}
            onError={() => setIsBroken(true)}
          />
        )}
      </section>
    </>
  );
}
