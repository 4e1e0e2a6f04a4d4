import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBarriers, isPortalSkipped, type Portal, startPortal, tryNow } from '../support/portal.ts';
import { type Site, seedSite } from '../support/seeded-site.ts';
import { pagesOf, pagesOfEverybody, type SitePage } from './pages-of-site.ts';

/** Pages of a thing that belongs to somebody, and those of administrators. Templates are kept by others as well. */
const ONES_OWN =
  /^\/(?:jobs\/\w{6}|files\/\w|clusters\/\w|storage\/\w|projects\/\w|notebooks|in-browser-desktops|admin\/(?!templates))/;

const WIDE = 1280;
const NARROW = 360;
/** Of a page that is enlarged four times (WCAG 1.4.10). */
const NARROWEST = 320;

/** A site that has been used, every page of it, in every condition that a page can be in. */
describe.skipIf(isPortalSkipped)('every page of the portal', { timeout: 600_000 }, () => {
  let portal: Portal;
  let site: Site;
  let pages: SitePage[];

  beforeAll(async () => {
    portal = await startPortal();
    site = await seedSite(portal.platform, { jobs: 400, logBytes: 2 ** 30 });
    pages = pagesOf(site);
  }, 300_000);

  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  const heading = (page: Page) => page.getByRole('heading', { level: 1 });

  /** Goes there and waits until the page has what it asked for. */
  async function visit(page: Page, path: string): Promise<void> {
    await page.goto(portal.url + path);
    await heading(page).waitFor();
    await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  }

  async function expectWidth(page: Page, path: string, width: number): Promise<void> {
    expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(width);
  }

  test('keeps nobody out, wide or narrow, in both themes', async () => {
    await using opened = await portal.open('/jobs/', { width: WIDE, mayBeSaid: /404/ });
    const { page } = opened;
    for (const { path } of pages) {
      await page.setViewportSize({ width: WIDE, height: 800 });
      await visit(page, path);
      expect(await heading(page).count(), path).toBe(1);
      expect(await page.title(), path).toMatch(/Quarry$/);
      await expectWidth(page, path, WIDE);
      expect(await findBarriers(page), path).toEqual([]);
      // Themes are colours and nothing else, and those are the same at every width.
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.locator('[data-mantine-color-scheme="dark"]').waitFor();
      expect(await findBarriers(page, 'colours'), `${path} in the dark`).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: NARROW, height: 800 });
      await expectWidth(page, path, NARROW);
      expect(await findBarriers(page, 'all but colours'), `${path} at ${NARROW} px`).toEqual([]);
      await page.setViewportSize({ width: NARROWEST, height: 800 });
      await expectWidth(page, path, NARROWEST);
    }
  });

  test('lets somebody in who has no session, and keeps nobody out of that', async () => {
    await using opened = await portal.open('/jobs/', { key: null, width: 360, colorScheme: 'dark' });
    await heading(opened.page).waitFor();
    expect(await findBarriers(opened.page)).toEqual([]);
  });

  test('says something where there is nothing yet', async () => {
    await using opened = await portal.open('/jobs/', { key: site.keys.lone });
    for (const { path } of pagesOfEverybody()) {
      await visit(opened.page, path);
      expect((await opened.page.getByRole('main').textContent())?.length, path).toBeGreaterThan(40);
      expect(await findBarriers(opened.page), path).toEqual([]);
    }
  });

  test('shows nothing of what belongs to others', async () => {
    await using opened = await portal.open('/jobs/', { key: site.keys.lone, mayBeSaid: /40[34]/ });
    const { page } = opened;
    for (const { path } of pages.filter(({ path }) => ONES_OWN.test(path))) {
      await visit(page, path);
      await expect
        .poll(() => heading(page).textContent(), { message: path, timeout: 30_000 })
        .toBe('There is no such page');
    }
    expect(await findBarriers(page)).toEqual([]);
  });

  test('has its frame and keeps nobody out while answers are on their way', async () => {
    await using opened = await portal.open('/jobs/', { mayBeSaid: /404/ });
    const { page } = opened;
    for (const { path } of pages) {
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      await page.route('**/api/v2/{jobs,files,clusters,storage-devices,projects}/**', async (route) => {
        await released;
        await route.continue().catch(() => undefined);
      });
      await page.goto(portal.url + path);
      await page.getByRole('navigation').first().waitFor();
      expect(await findBarriers(page), path).toEqual([]);
      release();
      await page.unroute('**/api/v2/{jobs,files,clusters,storage-devices,projects}/**');
      await heading(page).waitFor();
    }
  });

  test('says that the server is away wherever one goes, and comes back by itself', async () => {
    await using opened = await portal.open('/jobs/', {
      mayBeSaid: /Failed to load|net::ERR|dynamically|preload assets/,
    });
    const { page } = opened;
    const goTo = (name: string) =>
      page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
    const arrive = (title: string) =>
      page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
    const SEEN = { Files: 'Files', Software: 'Software', Storage: 'Storage devices', Jobs: 'Jobs' };
    for (const [name, title] of Object.entries(SEEN)) {
      await goTo(name);
      await arrive(title);
    }
    await page.getByRole('link', { name: 'waits for cores' }).waitFor();
    await portal.platform.kill();
    for (const [name, title] of Object.entries(SEEN)) {
      await goTo(name);
      await page.getByText('The server does not answer.').first().waitFor({ timeout: 30_000 });
      await arrive(title);
      expect(await findBarriers(page), name).toEqual([]);
    }
    // Nothing of this page has been loaded yet.
    await goTo('Hardware');
    await page.getByText('The server does not answer.').first().waitFor();
    await portal.platform.restart();
    await tryNow(page);
    await arrive('Hardware');
    await goTo('Jobs');
    await page.getByRole('link', { name: 'waits for cores' }).waitFor();
  });
});
