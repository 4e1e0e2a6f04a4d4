/** A template beside what a run gets of it: which parts differ, and what stands where. */
import type { JobPreview } from '@quarry/sdk';

export type Insert = JobPreview['templates'][number]['inserts'][number];

export interface Part {
  text: string;
  /** What stands in its place on the other side; null where both are the same. */
  other: string | null;
}

/** The parts of a template and of what a run gets, side by side; texts that are cut end where they do. */
export function partsOf(
  template: string,
  rendered: string,
  inserts: readonly Insert[],
): { template: Part[]; rendered: Part[] } {
  const sides: { template: Part[]; rendered: Part[] } = { template: [], rendered: [] };
  const starts = lineStarts(template);
  let at = 0;
  let renderedAt = 0;
  const keep = (end: number) => {
    const same = template.slice(at, end);
    sides.template.push({ text: same, other: null });
    sides.rendered.push({ text: rendered.slice(renderedAt, renderedAt + same.length), other: null });
    renderedAt += same.length;
  };
  for (const { line, column, length, text } of inserts) {
    const start = (starts[line - 1] ?? template.length) + column - 1;
    keep(start);
    const placeholder = template.slice(start, start + length);
    sides.template.push({ text: placeholder, other: text });
    sides.rendered.push({ text: rendered.slice(renderedAt, renderedAt + text.length), other: placeholder });
    at = start + length;
    renderedAt += text.length;
  }
  keep(template.length);
  return sides;
}

/** A template with the place where filling it in fails. */
export function partsWithProblem(
  template: string,
  at: { line: number; column: number },
): [string, string, string] {
  const start = (lineStarts(template)[at.line - 1] ?? template.length) + at.column - 1;
  const placeholder = template.lastIndexOf('${', start);
  const begin = placeholder >= 0 && !template.slice(placeholder, start).includes('}') ? placeholder : start;
  const close = template.indexOf('}', start);
  const end = close < 0 ? Math.min(start + 1, template.length) : close + 1;
  return [template.slice(0, begin), template.slice(begin, end), template.slice(end)];
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) {
    starts.push(end + 1);
  }
  return starts;
}

const LITERAL = /\$\{\s*r?(?:"[^"]*"|'[^']*')\s*\}/g;
const NAME = /\$\{\s*\(*\s*([A-Za-z_]\w*)/g;

/** Names that a template asks for, each once, in their order; good enough to offer them. */
export function namesIn(template: string): string[] {
  return [...new Set(Array.from(template.replace(LITERAL, '').matchAll(NAME), ([, name]) => name!))];
}
