import { stripVTControlCharacters } from 'node:util';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const PLAIN = /^[\u0020-\u007e]*$/;
/** Scripts and pictures that take two columns of a terminal. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns that a text takes on a terminal, without its colours. */
export function textWidth(text: string): number {
  const bare = stripVTControlCharacters(text);
  if (PLAIN.test(bare)) {
    return bare.length;
  }
  let width = 0;
  for (const { segment } of segmenter.segment(bare)) {
    width += WIDE.test(segment) ? 2 : 1;
  }
  return width;
}

/** Cuts an uncoloured text to that many columns, ending in an ellipsis when something is cut. */
export function truncate(text: string, columns: number): string {
  if (textWidth(text) <= columns) {
    return text;
  }
  let width = 0;
  let kept = '';
  for (const { segment } of segmenter.segment(text)) {
    width += WIDE.test(segment) ? 2 : 1;
    if (width > columns - 1) {
      break;
    }
    kept += segment;
  }
  return `${kept}…`;
}
