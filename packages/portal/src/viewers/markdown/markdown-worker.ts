/** Reads Markdown where a text that takes its time, as some are made to, can be given up. */
import type { Root } from 'hast';
import { parseMarkdown } from './parse.ts';

export type Parsed = { root: Root } | { reason: string };

interface WorkerScope {
  onmessage: ((event: { data: string }) => void) | null;
  postMessage(message: Parsed): void;
}

const scope = globalThis as unknown as WorkerScope;

scope.onmessage = ({ data: text }) => {
  try {
    scope.postMessage({ root: parseMarkdown(text) });
  } catch (error) {
    scope.postMessage({ reason: error instanceof Error ? error.message : String(error) });
  }
};
