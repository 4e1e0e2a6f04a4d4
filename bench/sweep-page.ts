/** How soon the page of a large sweep shows its runs, and another selection of them, in a browser without a graphics card. */
import { startPlatform } from '@quarry/server/testing';
import type { Page } from 'playwright-core';
import { startBrowser } from '../e2e/support/browser.ts';
import { buildPortal } from '../e2e/support/build-portal.ts';
import type { Benchmark } from './lib/benchmark.ts';
import { alternate } from './lib/samples.ts';
import { storeSweep } from './lib/stored-sweep.ts';

const TIMES = 5;
const OUTPUTS = 3;
const TIMEOUT_MS = 60_000;

export const sweepPage: Benchmark = {
  name: 'sweep-page',
  summary: 'the page of a sweep of 10,000 runs and 30 inputs in Chromium on software graphics',

  async run({ runs: times = TIMES, tiny, note }) {
    const size = tiny ? { runs: 200, inputs: 4 } : { runs: 10_000, inputs: 30 };
    await buildPortal();
    await using platform = await startPlatform();
    note(`storing a sweep of ${size.runs} runs and ${size.inputs} inputs`);
    const jobId = await storeSweep(platform, {
      ...size,
      outputs: (x) =>
        Object.fromEntries(x.slice(0, OUTPUTS).map((value, index) => [`y${index}`, value ** 2])),
    });
    await using browser = await startBrowser();
    const page = await browser.context.newPage();
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(`${platform.url}/jobs/`);
    await page.getByRole('textbox', { name: 'API key' }).fill(platform.apiKey);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor({ state: 'detached' });

    note(`${tiny ? 1 : times} looks`);
    const seen = await alternate(tiny ? 1 : times, {
      first: () => open(page, `${platform.url}/jobs/${jobId}/sweep/`),
      whole: () => untilWhole(page),
      brush: () => brush(page),
    });
    return {
      rows: [
        { what: 'from the address to the first picture', unit: 'ms', ...seen.first },
        { what: 'from the first picture to the last line', unit: 'ms', ...seen.whole },
        { what: 'from a move of a brush to the picture of what it selects', unit: 'ms', ...seen.brush },
      ],
      figures: [
        {
          what: 'first picture, median',
          ...{ value: seen.first.median, unit: 'ms', first: 1000, final: 1000, better: 'lower' },
        },
        {
          what: 'picture after a move of a brush, median',
          ...{ value: seen.brush.median, unit: 'ms', first: 100, final: 100, better: 'lower' },
        },
      ],
      remarks: ['WebGL by SwiftShader: a graphics card is faster.'],
    };
  },
};

/** Milliseconds from the request for the page until lines are on the canvas, as the browser counts them. */
async function open(page: Page, url: string): Promise<number> {
  await page.goto(url);
  const drawn = `(() => {
    const canvas = document.querySelector('canvas[data-drawn]');
    return canvas && Number(canvas.dataset.drawn) > 0 ? performance.now() : null;
  })()`;
  // The page's policy forbids what `waitForFunction` evaluates.
  for (const deadline = performance.now() + TIMEOUT_MS; performance.now() < deadline; ) {
    const at = await page.evaluate<number | null>(drawn);
    if (at !== null) {
      return at;
    }
  }
  throw new Error('Nothing was drawn.');
}

async function untilWhole(page: Page): Promise<number> {
  const begun = performance.now();
  await page.locator('canvas[data-whole="true"]').waitFor({ timeout: TIMEOUT_MS });
  return performance.now() - begun;
}

/** Milliseconds from a key that moves a brush until lines of the new selection are on the canvas, as the browser counts them. */
async function brush(page: Page): Promise<number> {
  const track = page.getByRole('slider', { name: 'Brush on x1', exact: true });
  await track.focus();
  // The first press makes the brush, which brings the grey lines with it.
  await page.keyboard.press('ArrowUp');
  await page.locator('canvas[data-whole="true"]').waitFor({ timeout: TIMEOUT_MS });
  const watched = page.evaluate(`new Promise((resolve) => {
    addEventListener('keydown', () => {
      const begun = performance.now();
      const canvas = document.querySelector('canvas[data-drawn]');
      const watch = new MutationObserver(() => {
        if (Number(canvas.dataset.drawn) > 0) {
          watch.disconnect();
          resolve(performance.now() - begun);
        }
      });
      watch.observe(canvas, { attributes: true, attributeFilter: ['data-drawn'] });
    }, { once: true, capture: true });
  })`);
  await page.keyboard.press('ArrowUp');
  return (await watched) as number;
}
