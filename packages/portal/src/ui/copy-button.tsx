import { Button, type ButtonProps } from '@mantine/core';
import { useState } from 'react';
import { words } from '../words/words.ts';
import { announce } from './announcer.tsx';
import { notifyFailed } from './notify.tsx';

const SAID_MS = 2000;

/** Puts a text where it can be pasted from. */
export function CopyButton({ text, label, ...rest }: ButtonProps & { text: string; label?: string }) {
  const [isDone, setIsDone] = useState(false);
  const { copy, copied, copyFailed } = words.frame;
  const write = async () => {
    try {
      await copyText(text);
      announce(copied);
      setIsDone(true);
      setTimeout(() => setIsDone(false), SAID_MS);
    } catch (error) {
      notifyFailed(copyFailed, error);
    }
  };
  return (
    <Button {...rest} onClick={() => void write()}>
      {isDone ? copied : (label ?? copy)}
    </Button>
  );
}

/** Pages on plain HTTP have no clipboard of their own; there what is selected is copied, as by Ctrl C. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.style.position = 'fixed';
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (!isCopied) {
    throw new Error(words.frame.selectToCopy);
  }
}
