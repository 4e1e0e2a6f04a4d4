import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { browserProgram, startBrowser, type TestBrowser } from './support/browser.ts';

const isSkipped = browserProgram === null && !process.env.CI;
if (isSkipped) {
  console.warn('Tests in a browser are skipped: Debian has one as the package chromium.');
}

describe.skipIf(isSkipped)('the reference page in a browser', { timeout: 60_000 }, () => {
  let platform: Platform;
  let browser: TestBrowser;
  let page: Page;
  let inIndex: Locator;

  beforeAll(async () => {
    platform = await startPlatform();
    browser = await startBrowser();
    page = await browser.context.newPage();
    inIndex = page.getByRole('navigation', { name: 'Contents' }).getByRole('link', { name: 'createJobs' });
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await platform?.[Symbol.asyncDispose]();
  });

  async function open(width: number): Promise<void> {
    await page.setViewportSize({ width, height: 740 });
    await page.goto(new URL('/api/reference/', platform.url).href);
  }

  test('folds its index on a phone until it is asked for, and reads without scrolling sideways', async () => {
    await open(360);
    expect(await inIndex.isVisible()).toBe(false);
    const heading = page.getByRole('heading', { level: 1 });
    expect((await heading.boundingBox())!.y).toBeLessThan(370);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);

    const examples = await page.locator('main details').all();
    expect(examples.length).toBeGreaterThan(100);
    await page.evaluate('for (const each of document.querySelectorAll("main details")) each.open = true');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);

    await page.getByText('Contents', { exact: true }).click();
    await inIndex.click();
    expect(new URL(page.url()).hash).toBe('#createJobs');
    expect((await page.locator('#createJobs').boundingBox())!.y).toBeLessThan(100);
  });

  test('has its index open beside the text where there is room', async () => {
    await open(1280);
    expect(await inIndex.isVisible()).toBe(true);
    expect(await page.getByText('Contents', { exact: true }).isVisible()).toBe(false);
  });

  test('shows what a call takes and answers', async () => {
    await open(1280);
    const call = page.locator('#createJob');
    const [request, answer] = await call.getByText('Example', { exact: true }).all();
    await request!.click();
    expect(await call.getByText('"command": "python3 pi.py > pi.txt"').first().isVisible()).toBe(true);
    await answer!.click();
    expect(await call.getByText('"dateInserted"').isVisible()).toBe(true);
  });
});
