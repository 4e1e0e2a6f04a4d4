/** The portal in a real browser, against a real server. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import {
  type Platform,
  type PlatformOptions,
  startPlatform,
} from '../../packages/server/testing/start-platform.ts';
import { browserProgram, startBrowser, type TestBrowser } from './browser.ts';
import { buildPortal } from './build-portal.ts';
import { eventually } from './jobs.ts';

export const isPortalSkipped = browserProgram === null && !process.env.CI;
if (isPortalSkipped) {
  console.warn('Tests of the portal are skipped: Debian has a browser as the package chromium.');
}

export interface Portal extends AsyncDisposable {
  platform: Platform;
  browser: TestBrowser;
  url: string;
  /** A page of its own; what goes wrong in it fails the test that disposes of it. */
  open(path: string, options?: OpenOptions): Promise<PortalPage>;
}

interface OpenOptions {
  /** Signs in with this key, that of the platform's owner when absent; null does not. */
  key?: string | null;
  width?: number;
  colorScheme?: 'light' | 'dark';
  /** What may be said on the console, such as by a browser that tells of a request that was refused on purpose. */
  mayBeSaid?: RegExp;
  /** What may be thrown, by scripts that are not of the portal. */
  mayBeThrown?: RegExp;
}

export interface PortalPage extends AsyncDisposable {
  page: Page;
}

/** Builds the portal, and starts server and browser. */
export async function startPortal(options: PlatformOptions = {}): Promise<Portal> {
  await buildPortal();
  const platform = await startPlatform({ cores: 4, ...options });
  const browser = await startBrowser();
  return {
    platform,
    browser,
    url: platform.url,
    open: (path, wanted = {}) => open({ platform, browser, url: platform.url }, path, wanted),
    [Symbol.asyncDispose]: async () => {
      await browser[Symbol.asyncDispose]();
      await platform[Symbol.asyncDispose]();
    },
  };
}

async function open(
  { platform, browser, url }: Pick<Portal, 'platform' | 'browser' | 'url'>,
  path: string,
  { key = platform.apiKey, width = 1280, colorScheme = 'light', mayBeSaid, mayBeThrown }: OpenOptions,
): Promise<PortalPage> {
  // A context of its own: cookies and storage of one person are not those of another.
  const context = await browser.context
    .browser()!
    .newContext({ viewport: { width, height: 800 }, colorScheme });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !mayBeSaid?.test(message.text())) {
      problems.push(`console: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => {
    if (!mayBeThrown?.test(error.message)) {
      problems.push(`thrown: ${error.message}`);
    }
  });
  page.on('request', (request) => {
    const target = request.url();
    if (!target.startsWith(`${url}/`) && !/^(?:blob|data):/.test(target)) {
      problems.push(`request to another host: ${target}`);
    }
  });
  page.on('requestfailed', (request) => {
    // What the policy of a page keeps from leaving is told as a request all the same.
    if (request.failure()?.errorText === 'csp') {
      const index = problems.indexOf(`request to another host: ${request.url()}`);
      problems.splice(index, index === -1 ? 0 : 1);
    }
  });
  await page.goto(url + path);
  if (key !== null) {
    await signIn(page, key);
  }
  return {
    page,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      if (problems.length > 0) {
        throw new Error(`Went wrong in the page:\n${problems.join('\n')}`);
      }
    },
  };
}

/** Signs in as people do, on whatever page asks for it. */
async function signIn(page: Page, key: string): Promise<void> {
  await page.getByRole('textbox', { name: 'API key' }).fill(key);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  // The rail is not there on narrow pages.
  await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor({ state: 'detached' });
}

/**
 * Waits until an expression is true in the page. Playwright's own `waitForFunction` evaluates in the page what its policy
 * forbids, unless the expression is true at once.
 */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  await eventually(expression, () => page.evaluate<boolean>(expression));
}

/** Rules of axe about colours, which take it longer than all others. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block'];

/** What axe finds wrong on a page, each with the first element that it is about. */
export async function findBarriers(
  page: Page,
  what: 'everything' | 'colours' | 'all but colours' = 'everything',
): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const all = () => axe.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']);
  const rules = {
    everything: all,
    colours: () => axe.withRules(OF_COLOURS),
    'all but colours': () => all().disableRules(OF_COLOURS),
  }[what]();
  const { violations } = await rules.analyze();
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help} (${nodes.length}x, ${nodes[0]?.html.slice(0, 160)})`,
  );
}

/** Has a page that is away try at once, unless it has come back by itself in this moment. */
export async function tryNow(page: Page): Promise<void> {
  await page.evaluate(
    "for (const each of document.querySelectorAll('button')) if (each.textContent === 'Now') each.click()",
  );
  await page.getByRole('button', { name: 'Now', exact: true }).waitFor({ state: 'detached' });
}
