import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type FieldPath, LineMap, type ParseResult } from './located.ts';

/** Reads YAML 1.2 and keeps the line of every value, or tells all its syntax errors. */
export function parseYaml(text: string): ParseResult {
  const lineCounter = new LineCounter();
  const parsed = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'error' });
  if (parsed.errors.length > 0) {
    return {
      problems: parsed.errors.map((error) => ({
        line: lineCounter.linePos(error.pos[0]).line,
        message: error.message,
      })),
    };
  }
  const map = new LineMap();
  visit(map, lineCounter, parsed.contents, []);
  try {
    return { document: { value: parsed.toJS() ?? {}, lines: map.lines } };
  } catch (error) {
    // Unresolved or exploding aliases show only when values are made.
    return { problems: [{ line: 1, message: error instanceof Error ? error.message : String(error) }] };
  }
}

/** Aliases are not followed: a mistake behind one is told where the alias stands. */
function visit(map: LineMap, lines: LineCounter, node: unknown, path: FieldPath): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) {
        continue;
      }
      const inner = [...path, String(key.value)];
      if (key.range) {
        map.note(inner, lines.linePos(key.range[0]).line);
      }
      visit(map, lines, value, inner);
    }
  } else if (isSeq(node)) {
    node.items.forEach((item, index) => {
      const inner = [...path, index];
      const range = (item as { range?: [number, number, number] | null } | null)?.range;
      if (range) {
        map.note(inner, lines.linePos(range[0]).line);
      }
      visit(map, lines, item, inner);
    });
  }
}
