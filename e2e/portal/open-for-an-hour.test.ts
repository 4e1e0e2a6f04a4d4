import { expect, test } from 'vitest';
import { submitCommand } from '../support/jobs.ts';
import { isPortalSkipped, startPortal } from '../support/portal.ts';

/** The browser compiles what is often executed, and caches fill that are kept for good: by then that has levelled off. */
const MINUTES_TO_WARM_UP = 40;
const MINUTES = 60;
const GROWTH_AT_MOST = 0.1;

/**
 * The page's own clock is moved on, so that whatever it does by time it does as often as in an hour; the job writes all along.
 */
test.skipIf(isPortalSkipped)(
  'a page with a job that runs does not grow while it is open for an hour',
  async () => {
    await using portal = await startPortal();
    const jobId = await submitCommand(
      portal.platform,
      'for i in $(seq 1 100000); do echo "Time = $i  Ux 0.$((i % 997))"; sleep 0.02; done',
    );
    await using opened = await portal.open(`/jobs/${jobId}/`);
    const { page } = opened;
    await page.locator('main [data-state="running"]').first().waitFor({ timeout: 60_000 });
    await page.clock.install();
    const devtools = await page.context().newCDPSession(page);
    const passMinute = async () => {
      await page.clock.runFor(60_000);
      // Whatever was asked for meanwhile has been answered before this.
      await page.evaluate("fetch('/').then((answer) => answer.text())");
    };
    /** The least of a few looks: an answer that is just being read is no growth. */
    const heapBytes = async () => {
      let least = Number.POSITIVE_INFINITY;
      for (let look = 0; look < 3; look++) {
        await passMinute();
        await devtools.send('HeapProfiler.collectGarbage');
        least = Math.min(least, (await devtools.send('Runtime.getHeapUsage')).usedSize);
      }
      return least;
    };
    const passMinutes = async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) {
        await passMinute();
      }
    };
    await passMinutes(MINUTES_TO_WARM_UP);
    const before = await heapBytes();
    await passMinutes(MINUTES);
    const after = await heapBytes();
    expect(after, `from ${before} bytes`).toBeLessThanOrEqual(before * (1 + GROWTH_AT_MOST));
  },
  300_000,
);
