import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));

it('has no page with a link to a file or a heading that does not exist', () => {
  const pages = new Map(
    readdirSync(DOCS)
      .filter((name) => name.endsWith('.md'))
      .map((name) => [name, readFileSync(`${DOCS}${name}`, 'utf8')]),
  );
  const broken = [...pages].flatMap(([page, text]) =>
    [...text.matchAll(/\]\(([^)#:]*)(?:#([^)]*))?\)/g)]
      .filter(([, file, heading]) => {
        if (file && !existsSync(`${DOCS}${file}`)) {
          return true;
        }
        return heading !== undefined && !headingsOf(pages.get(file || page) ?? '').includes(heading);
      })
      .map(([link]) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}
