import { Button } from '@mantine/core';
import { type DragEvent, useRef, useState } from 'react';
import { uploadFiles } from '../../api/uploads.ts';
import { words } from '../../words/words.ts';
import styles from './drop-zone.module.css';

interface DropZoneProps {
  label?: string;
  /** Gets the uploads that were begun, by their keys. */
  onUpload?: (keys: number[]) => void;
}

/** Where files are dropped, and the button that chooses them instead. */
export function DropZone({ label = words.files.drop, onUpload }: DropZoneProps) {
  const [isOver, setIsOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  // Also where nobody wants to know which they are.
  const begin = (files: Iterable<File>) => {
    const keys = uploadFiles(files);
    onUpload?.(keys);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    begin(event.dataTransfer.files);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button below does the same without a mouse
    <div
      className={styles.zone}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <span className="muted">{label}</span>
      <Button onClick={() => chooser.current?.click()}>{words.files.upload}</Button>
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          begin(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
