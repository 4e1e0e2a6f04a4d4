import type { TemplateSource } from './source.ts';

const ESCAPES: Record<string, string> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  b: '\b',
  g: '>',
  l: '<',
  a: '&',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '{': '{',
  '=': '=',
};
const CODE = /x([0-9A-Fa-f]{1,4})/y;

/** A literal in single or double quotes, raw with an `r` before it; null when there is none at this offset. */
export function readStringLiteral(
  source: TemplateSource,
  start: number,
): { text: string; end: number } | null {
  const raw = source.text[start] === 'r' && /["']/.test(source.text[start + 1] ?? '');
  const opened = raw ? start + 1 : start;
  const quote = source.text[opened];
  if (quote !== '"' && quote !== "'") {
    return null;
  }
  let text = '';
  let plainFrom = opened + 1;
  for (let offset = plainFrom; offset < source.text.length; offset += 1) {
    const character = source.text[offset]!;
    if (character === quote) {
      return { text: text + source.decode(source.text.slice(plainFrom, offset)), end: offset + 1 };
    }
    if (raw) {
      continue;
    }
    if ((character === '$' || character === '#') && source.text[offset + 1] === '{') {
      throw source.error(
        offset,
        `there is a ${character}{ inside a text in quotes.`,
        `Put an r before the quote to keep it as it is: r${quote}…${quote}.`,
      );
    }
    if (character === '\\') {
      text += source.decode(source.text.slice(plainFrom, offset));
      const escaped = readEscape(source, offset);
      text += escaped.text;
      plainFrom = escaped.end;
      offset = escaped.end - 1;
    }
  }
  throw source.error(
    start,
    `the text in quotes that begins here has no closing ${quote}.`,
    `Close it with ${quote}.`,
  );
}

function readEscape(source: TemplateSource, backslash: number): { text: string; end: number } {
  const at = backslash + 1;
  const simple = ESCAPES[source.text[at] ?? ''];
  if (simple !== undefined) {
    return { text: simple, end: at + 1 };
  }
  CODE.lastIndex = at;
  const code = CODE.exec(source.text);
  if (code === null) {
    throw source.error(
      backslash,
      'the backslash here begins no known escape.',
      'Write two backslashes for one, or put an r before the quote to keep backslashes as they are.',
    );
  }
  return { text: String.fromCharCode(Number.parseInt(code[1]!, 16)), end: at + code[0].length };
}
