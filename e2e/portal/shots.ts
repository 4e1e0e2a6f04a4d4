/**
 * Pictures of every page of the portal, in two themes and three widths, for people to look at: `npm run portal:shots [DIRECTORY]`; with `-- --readme` those
 * of the README alone.
 * The site that they show is made for it and gone afterwards.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startPortal } from '../support/portal.ts';
import { seedSite } from '../support/seeded-site.ts';
import { pagesOf } from './pages-of-site.ts';
import { takeReadmePictures } from './readme-pictures.ts';

/** Viewers come after their page: a picture is taken when nothing has changed for a while, or goes on changing. */
const STILLNESS = `new Promise((resolve) => {
  let timer = setTimeout(resolve, 400);
  new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(resolve, 400);
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
  setTimeout(resolve, 4000);
})`;
const THEMES = ['light', 'dark'] as const;
const WIDTHS = [360, 768, 1280];
const SITE = { jobs: 400, logBytes: 2 ** 30 };

const README_PICTURES = 'docs/pictures';

if (process.argv.includes('--readme')) {
  await takeReadmePictures(README_PICTURES, STILLNESS);
  console.log(`The pictures of the README are in ${README_PICTURES}.`);
} else {
  await takeAll(process.argv[2] ?? 'portal-shots');
}

async function takeAll(directory: string): Promise<void> {
  await using portal = await startPortal();
  const site = await seedSite(portal.platform, SITE);
  for (const colorScheme of THEMES) {
    for (const width of WIDTHS) {
      const folder = join(directory, `${colorScheme}-${width}`);
      await mkdir(folder, { recursive: true });
      await using opened = await portal.open('/jobs/', { colorScheme, width, mayBeSaid: /404/ });
      for (const { name, path } of pagesOf(site)) {
        await opened.page.goto(portal.url + path);
        await opened.page.getByRole('heading', { level: 1 }).waitFor();
        await opened.page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
        await opened.page.evaluate(STILLNESS);
        await opened.page.screenshot({ path: join(folder, `${name}.png`), fullPage: width === 360 });
      }
    }
  }
  console.log(`Every page is in ${directory}, as ${THEMES.length * WIDTHS.length} folders of pictures.`);
}
