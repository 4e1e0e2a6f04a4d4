import { existsSync } from 'node:fs';
import puppeteer, { type Page } from 'puppeteer-core';
import { expect, test } from 'vitest';
import { submitCommand } from '../support/jobs.ts';
import { startPortal } from '../support/portal.ts';

const FIREFOX = '/usr/bin/firefox-esr';
const isSkipped = !existsSync(FIREFOX) && !process.env.CI;
if (isSkipped) {
  console.warn('The journey in Firefox is skipped: Debian has it as the package firefox-esr.');
}
const WAIT = { timeout: 60_000 };

test.skipIf(isSkipped)(
  'in Firefox somebody signs in, follows a job to its end, reads its log and submits it again',
  async () => {
    await using portal = await startPortal();
    const { platform, url } = portal;
    const jobId = await submitCommand(platform, 'sleep 2; echo "lift 1.25" | tee lift.txt');
    const firefox = await puppeteer.launch({ browser: 'firefox', executablePath: FIREFOX, headless: true });
    try {
      const page = await firefox.newPage();
      const problems: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warn'].includes(message.type())) {
          problems.push(message.text());
        }
      });
      page.on('pageerror', (error) => problems.push(String(error)));
      await page.goto(`${url}/jobs/${jobId}/`);
      await page.locator('form input').fill(platform.apiKey);
      await press(page, 'button', 'Sign in');
      await page.waitForSelector('main [data-state="succeeded"]', WAIT);
      await press(page, 'link', 'Log');
      await page.waitForSelector('::-p-text(lift 1.25)', WAIT);
      await press(page, 'link', 'Results');
      await press(page, 'button', 'lift.txt');
      await expect.poll(() => page.evaluate('location.search'), WAIT).toBe('?path=lift.txt');
      await page.waitForSelector('::-p-text(lift 1.25)', WAIT);
      await press(page, 'button', 'Clone');
      await expect.poll(() => page.evaluate('location.pathname'), WAIT).not.toContain(jobId);
      await press(page, 'button', 'Submit');
      await page.waitForSelector('main [data-state="succeeded"]', WAIT);
      expect(new URL(page.url()).pathname).not.toContain(jobId);
      expect(problems).toEqual([]);
    } finally {
      await firefox.close();
    }
  },
  240_000,
);

/** Presses what has the role and exactly the name, as soon as it is there. */
async function press(page: Page, role: string, name: string): Promise<void> {
  await page.locator(`::-p-aria([name="${name}"][role="${role}"])`).setTimeout(WAIT.timeout).click();
}
