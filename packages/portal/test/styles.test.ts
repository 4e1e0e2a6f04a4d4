import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../src');
const STYLES = dirname(createRequire(import.meta.url).resolve('@mantine/core/styles/global.css'));
const sources = globSync('**/*.{ts,tsx}', { cwd: SRC }).map((name) => ({
  name,
  text: readFileSync(join(SRC, name), 'utf8'),
}));

test('every component of Mantine that is used has its style sheet', () => {
  const loaded = readFileSync(join(SRC, 'ui/mantine.css'), 'utf8');
  const used = new Set(
    sources.flatMap(({ text }) =>
      [...text.matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)].flatMap(([, names]) =>
        names!.split(',').map((name) => name.trim()),
      ),
    ),
  );
  expect(used.size).toBeGreaterThan(5);
  const missing = [...used].filter(
    (name) => existsSync(join(STYLES, `${name}.css`)) && !loaded.includes(`/${name}.css"`),
  );
  expect(missing).toEqual([]);
});

test('colours are named in the tokens alone', () => {
  const isAllowed = (name: string) => /ui\/(tokens\.css|theme\.ts)$|frame\/mark\.tsx$/.test(name);
  const styles = globSync('**/*.css', { cwd: SRC }).map((name) => ({
    name,
    text: readFileSync(join(SRC, name), 'utf8'),
  }));
  const found = [...sources, ...styles].filter(
    ({ name, text }) => !isAllowed(name) && /#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(/i.test(text),
  );
  expect(found.map(({ name }) => name)).toEqual([]);
});

test('no page is longer than 300 lines', () => {
  const long = sources.filter(({ name, text }) => name.startsWith('pages/') && text.split('\n').length > 300);
  expect(long.map(({ name }) => name)).toEqual([]);
});
