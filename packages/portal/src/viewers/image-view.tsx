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

interface ImageFile {
  source: ByteSource;
  name: string;
}

interface ImageViewProps extends ImageFile {
  /** Lies over it, as far as somebody draws it. */
  other?: ImageFile | undefined;
}

/** A picture as the browser draws it: as an image, in which nothing runs whatever the file holds. */
export function ImageView({ other, ...file }: ImageViewProps) {
  const { preview } = words.files;
  const text = words.viewers.image;
  const [isWhole, setIsWhole] = useState(false);
  const [share, setShare] = useState(50);
  return (
    <>
      <div className={styles.tools}>
        <Button size="compact-sm" onClick={() => setIsWhole(!isWhole)}>
          {isWhole ? preview.fit : preview.whole}
        </Button>
        {other && (
          <label className={styles.wipe}>
            <span className="visually-hidden">{text.wipe}</span>
            <input
              type="range"
              min={0}
              max={100}
              value={share}
              onChange={(event) => setShare(Number(event.currentTarget.value))}
            />
          </label>
        )}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section className={styles.frame} tabIndex={0} aria-label={preview.picture(file.name)}>
        <div className={styles.stack}>
          <Loadable {...file} isWhole={isWhole} />
          {other && (
            <div className={styles.over} style={{ clipPath: `inset(0 0 0 ${share}%)` }}>
              <Loadable {...other} isWhole={isWhole} />
            </div>
          )}
        </div>
      </section>
    </>
  );
}

function Loadable({ source, name, isWhole }: ImageFile & { isWhole: boolean }) {
  const query = useBytes(source, MAX_BYTES, { keepsPrevious: true });
  return (
    <Loaded query={query}>
      {({ bytes, size }) =>
        bytes.length < size ? (
          <EmptyState title={words.files.preview.tooLarge(formatBytes(size), formatBytes(MAX_BYTES))} />
        ) : (
          <Picture bytes={bytes} name={name} isWhole={isWhole} />
        )
      }
    </Loaded>
  );
}

function Picture({ bytes, name, isWhole }: { bytes: Uint8Array; name: string; isWhole: boolean }) {
  const [url, setUrl] = useState<string | null>(null);
  const [isBroken, setIsBroken] = useState(false);
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: imageType(name) }));
    setUrl(made);
    setIsBroken(false);
    return () => URL.revokeObjectURL(made);
  }, [bytes, name]);
  if (isBroken) {
    return <EmptyState title={words.files.preview.noImage} />;
  }
  return (
    url !== null && (
      <img
        src={url}
        alt={name}
        className={isWhole ? undefined : styles.fitted}
        onError={() => setIsBroken(true)}
      />
    )
  );
}
