import { expect, test } from 'vitest';
import { performanceFiles } from './generate-performance.ts';

test('the page names every image, and the images are small and the same each time', async () => {
  const files = await performanceFiles();
  const images = Object.entries(files).filter(([name]) => name.endsWith('.svg'));
  expect(images.length).toBeGreaterThan(1);
  for (const [name, svg] of images) {
    expect(files['docs/performance.md']).toContain(`](${name.replace('docs/', '')})`);
    expect(svg).toMatch(/^<svg [\s\S]*prefers-color-scheme: dark[\s\S]*<\/svg>\n$/);
    expect(svg.length).toBeLessThan(30_000);
  }
  expect(await performanceFiles()).toEqual(files);
});
