import { Button } from '@mantine/core';
import { type DragEvent, useRef, useState } from 'react';
import { uploadFiles } from '../../api/uploads.ts';
import { words } from '../../words/words.ts';
import styles from './drop-zone.module.css';

interface DropZoneProps {
  label?: string;
  /** Begins to send them; among the files of the user only when absent. */
  onFiles?: (files: Iterable<File>) => void;
}

/** Where files are dropped, and the button that chooses them instead. */
export function DropZone({ label = words.files.drop, onFiles = uploadFiles }: DropZoneProps) {
  const [isOver, setIsOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    onFiles(event.dataTransfer.files);
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
          onFiles(event.currentTarget.files ?? []);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
