import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Asset {
  /** The address, which names the content: whoever has it once has it for good. */
  path: `/${string}`;
  contentType: string;
  text: string;
}

function load(name: string, contentType: string): Asset {
  const text = readFileSync(fileURLToPath(import.meta.resolve(`@quarry/portal/public/${name}`)), 'utf8');
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { path: `/assets/${digest}/${name}`, contentType, text };
}

/** The files that pages refer to, read once. */
export const assets = {
  style: load('style.css', 'text/css; charset=utf-8'),
  icon: load('icon.svg', 'image/svg+xml'),
};
