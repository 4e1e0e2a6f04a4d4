import type { AST } from 'toml-eslint-parser';
import { getStaticTOMLValue, ParseError, parseTOML } from 'toml-eslint-parser';
import { type FieldPath, LineMap, type ParseResult } from './located.ts';

/** Reads TOML 1.0 and keeps the line of every value; a syntax error is the only problem then. */
export function parseToml(text: string): ParseResult {
  try {
    const program = parseTOML(text, { tomlVersion: '1.0' });
    return { document: { value: getStaticTOMLValue(program), lines: linesOf(program) } };
  } catch (error) {
    if (error instanceof ParseError) {
      return { problems: [{ line: error.lineNumber, message: error.message }] };
    }
    // The parser is recursive: absurd nesting ends its stack.
    if (error instanceof RangeError) {
      return { problems: [{ line: 1, message: 'is nested too deeply' }] };
    }
    throw error;
  }
}

function linesOf(program: AST.TOMLProgram): Map<string, number> {
  const map = new LineMap();
  for (const node of program.body[0].body) {
    if (node.type === 'TOMLKeyValue') {
      visitKeyValue(map, node, []);
      continue;
    }
    for (let length = 1; length <= node.resolvedKey.length; length += 1) {
      map.note(node.resolvedKey.slice(0, length), node.loc.start.line);
    }
    for (const keyValue of node.body) {
      visitKeyValue(map, keyValue, node.resolvedKey);
    }
  }
  return map.lines;
}

function visitKeyValue(map: LineMap, node: AST.TOMLKeyValue, base: FieldPath): void {
  const path = [...base];
  for (const key of node.key.keys) {
    path.push(key.type === 'TOMLBare' ? key.name : key.value);
    map.note([...path], key.loc.start.line);
  }
  visitValue(map, node.value, path);
}

function visitValue(map: LineMap, node: AST.TOMLContentNode, path: FieldPath): void {
  if (node.type === 'TOMLArray') {
    node.elements.forEach((element, index) => {
      map.note([...path, index], element.loc.start.line);
      visitValue(map, element, [...path, index]);
    });
  } else if (node.type === 'TOMLInlineTable') {
    for (const keyValue of node.body) {
      visitKeyValue(map, keyValue, path);
    }
  }
}
