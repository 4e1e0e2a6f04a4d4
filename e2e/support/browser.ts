import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';

const PROGRAMS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The Chromium of this machine; null where there is none. */
export const browserProgram = PROGRAMS.find((path) => existsSync(path)) ?? null;

export interface TestBrowser extends AsyncDisposable {
  context: BrowserContext;
  /** Processes that know of the profile. */
  processes(): string[];
  profile: string;
}

/** A headless browser with a profile of its own, which is removed with it. */
export async function startBrowser(): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'quarry-browser-'));
  // Chromium refuses its sandbox to root, and the pages here are our own.
  const chromiumSandbox = process.getuid?.() !== 0;
  // Machines that test have no graphics card: what WebGL draws is worked out by the processor.
  const args = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
  const options = { executablePath: browserProgram ?? '', headless: true, chromiumSandbox, args };
  const context = await chromium.launchPersistentContext(profile, options);
  return {
    context,
    profile,
    processes: () => readdirSync('/proc').filter((name) => /^\d+$/.test(name) && mentions(name, profile)),
    [Symbol.asyncDispose]: async () => {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function mentions(pid: string, text: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(text);
  } catch {
    // Ended meanwhile.
    return false;
  }
}
