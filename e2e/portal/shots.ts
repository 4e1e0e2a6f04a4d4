/**
 * Pictures of every page of the portal, in two themes and three widths, for people to look at: `npm run portal:shots [DIRECTORY]`.
 * The site that they show is made for it and gone afterwards.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startPortal } from '../support/portal.ts';
import { seedSite } from '../support/seeded-site.ts';
import { pagesOf } from './pages-of-site.ts';

const THEMES = ['light', 'dark'] as const;
const WIDTHS = [360, 768, 1280];
const SITE = { jobs: 400, logBytes: 2 ** 30 };

const directory = process.argv[2] ?? 'portal-shots';
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
      await opened.page.screenshot({ path: join(folder, `${name}.png`), fullPage: width === 360 });
    }
  }
}
console.log(`Every page is in ${directory}, as ${THEMES.length * WIDTHS.length} folders of pictures.`);
