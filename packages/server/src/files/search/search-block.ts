/**
 * Matches in a piece of a file. Bytes stand for characters here (Latin-1), so that places are offsets; a text that is looked
 * for is brought into the same form.
 */
export interface Wish {
  q: string;
  regex: boolean;
  matchCase: boolean;
}

/** What a search has found in a block, by places within it. */
export interface BlockMatch {
  offset: number;
  length: number;
  /** Line feeds between the match before it, or the beginning, and this one. */
  lines: number;
  lineOffset: number;
  lineEnd: number;
}

/** Which matches of a block are wanted. */
export interface BlockPart {
  /** Those from there on; it is in the first line. */
  from: number;
  limit: number;
}

export interface BlockFound {
  matches: BlockMatch[];
  /** Line feeds behind the last match. */
  linesLeft: number;
}

/** The expression that finds what is wished for; throws a SyntaxError where it is none. */
export function expressionOf({ q, regex, matchCase }: Wish): RegExp {
  const bytes = Buffer.from(q).toString('latin1');
  const source = regex ? bytes : bytes.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return new RegExp(source, `gm${matchCase ? '' : 'i'}`);
}

/** Finds matches in a block that ends with a line, or with the file. Empty matches count once a line. */
export function searchBlock(expression: RegExp, block: Buffer, { from, limit }: BlockPart): BlockFound {
  const text = block.toString('latin1');
  const matches: BlockMatch[] = [];
  let counted = 0;
  const linesUntil = (end: number) => {
    let lines = 0;
    for (let at = text.indexOf('\n', counted); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) {
      lines += 1;
      counted = at + 1;
    }
    return lines;
  };
  expression.lastIndex = from;
  while (matches.length < limit) {
    const match = expression.exec(text);
    // Behind its last line feed a block has no line.
    if (match === null || (match.index === text.length && text.endsWith('\n'))) {
      break;
    }
    const lineOffset = match.index === 0 ? 0 : text.lastIndexOf('\n', match.index - 1) + 1;
    const feed = text.indexOf('\n', match.index);
    const lineEnd = feed === -1 ? text.length : feed;
    // What an expression takes beyond the end of its line is no part of the match.
    const length = Math.min(match[0].length, lineEnd - match.index);
    matches.push({ offset: match.index, length, lines: linesUntil(match.index), lineOffset, lineEnd });
    if (length === 0) {
      expression.lastIndex = lineEnd + 1;
      if (feed === -1) {
        break;
      }
    }
  }
  return { matches, linesLeft: linesUntil(text.length) };
}
