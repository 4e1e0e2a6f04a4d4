import type { Element, ElementContent, Root, RootContent } from 'hast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import remarkRehype from 'remark-rehype';
import { unified } from 'unified';

/** What is drawn calls itself for each level. */
const MAX_DEPTH = 100;

const processor = unified().use(remarkParse).use(remarkGfm).use(remarkRehype, { allowDangerousHtml: true });

/** Markdown as the elements that it stands for. Markup that stands in it stays the text that it is. */
export function parseMarkdown(text: string): Root {
  const root = processor.runSync(processor.parse(text));
  return { type: 'root', children: root.children.map((child) => cleaned(child, 1)) };
}

function cleaned<Node extends RootContent | ElementContent>(node: Node, depth: number): Node {
  if (depth > MAX_DEPTH) {
    throw new Error(`It is nested more than ${MAX_DEPTH} times.`);
  }
  if (node.type === 'element') {
    const element: Element = {
      type: 'element',
      tagName: node.tagName,
      properties: node.properties,
      children: node.children.map((child) => cleaned(child, depth + 1)),
    };
    return element as Node;
  }
  const value =
    node.type === 'text' || (node.type as string) === 'raw' ? (node as { value: string }).value : '';
  return { type: 'text', value } as Node;
}
