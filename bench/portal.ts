/** How long people wait for the portal: its list with 100,000 jobs, and going from page to page. */
import type { Page } from 'playwright-core';
import { browserProgram } from '../e2e/support/browser.ts';
import { startPortal } from '../e2e/support/portal.ts';
import type { Benchmark } from './lib/benchmark.ts';
import { storedDataDirectory } from './lib/platform.ts';
import { summarize, timed } from './lib/samples.ts';

const RUNS = 5;
const ROW = 'main tbody tr td a';

export const portal: Benchmark = {
  name: 'portal',
  summary: 'pages of the portal in Chromium, with 100,000 jobs stored',

  async run({ runs = RUNS, tiny, note }) {
    if (browserProgram === null) {
      throw new Error('There is no Chromium here: Debian has it as the package chromium.');
    }
    const stored = tiny ? { jobs: 300, files: 100 } : { jobs: 100_000, files: 100_000 };
    const data = await storedDataDirectory(stored, note);
    await using site = await startPortal({ data });
    note('opening pages');
    const [cold, routes, bare]: number[][] = [[], [], []];
    let rowsInDom = 0;
    for (let run = 0; run < (tiny ? 1 : runs); run++) {
      // Each has a browser context of its own, so nothing is cached.
      await using opened = await site.open('/hardware/', { mayBeSaid: /404/ });
      const { page } = opened;
      bare!.push(await timed(() => bareLoad(page, site.url)));
      await forgetCache(page);
      cold!.push(
        await timed(async () => {
          await page.goto(`${site.url}/jobs/`);
          await page.locator(ROW).first().waitFor();
        }),
      );
      await page.mouse.move(600, 500);
      await page.mouse.wheel(0, 200_000);
      await page.locator(ROW).first().waitFor();
      rowsInDom = Math.max(rowsInDom, await page.locator('main tbody tr').count());
      for (const name of ['Files', 'Hardware', 'Jobs']) {
        const link = page.getByRole('navigation').getByRole('link', { name, exact: true });
        await link.click();
        await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      }
      // Once more: what each needs has been loaded by now.
      for (const name of ['Files', 'Hardware', 'Jobs']) {
        const link = page.getByRole('navigation').getByRole('link', { name, exact: true });
        routes!.push(
          await timed(async () => {
            await link.click();
            await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
          }),
        );
      }
    }
    const ms = { unit: 'ms' };
    const [list, route] = [summarize(cold!), summarize(routes!)];
    return {
      rows: [
        { what: 'peer: a page of one line from the same server', ...ms, ...summarize(bare!) },
        { what: `list of ${stored.jobs} jobs, nothing cached, until its first row`, ...ms, ...list },
        { what: 'from page to page', ...ms, ...route },
      ],
      figures: [
        {
          what: 'list of jobs usable, median',
          value: list.median,
          ...ms,
          first: 1500,
          final: 1000,
          better: 'lower',
        },
        {
          what: 'from page to page, median',
          value: route.median,
          ...ms,
          first: 300,
          final: 150,
          better: 'lower',
        },
        {
          what: 'rows in the page while scrolling',
          value: rowsInDom,
          unit: 'rows',
          first: 120,
          final: 120,
          better: 'lower',
        },
      ],
      remarks: [],
    };
  },
};

/** What the way to the server and the browser's own work take at least. */
async function bareLoad(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/api/v2/nothing/`);
}

async function forgetCache(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.clearBrowserCache');
  await devtools.detach();
}
