import { createHash, randomFillSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileObject } from '@quarry/contract';
import type { TransferEvent } from '@quarry/sdk';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../packages/server/testing/start-platform.ts';
import { browserProgram, startBrowser, type TestBrowser } from './support/browser.ts';
import { type BrowserOrigin, startBrowserOrigin } from './support/browser-origin.ts';
import { eventually } from './support/jobs.ts';

const MIB = 1024 * 1024;

const isSkipped = browserProgram === null && !process.env.CI;
if (isSkipped) {
  console.warn('Tests in a browser are skipped: Debian has one as the package chromium.');
}

/** What the functions of the page answer. */
interface Outcome {
  file: FileObject;
  verified: boolean;
  sha512: string;
  left: string[];
  events: TransferEvent[];
  longestTurnMs: number;
}

describe.skipIf(isSkipped)('in a browser', { timeout: 60_000 }, () => {
  const content = randomFillSync(Buffer.alloc(40 * MIB + 5));
  const sha512 = createHash('sha512').update(content).digest('hex');
  let directory: string;
  let platform: Platform;
  let origin: BrowserOrigin;
  let browser: TestBrowser;
  let page: Page;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'quarry-page-'));
    await writeFile(join(directory, 'mesh.bin'), content);
    platform = await startPlatform();
    origin = await startBrowserOrigin(platform.url);
    browser = await startBrowser();
    page = await browser.context.newPage();
  });

  beforeEach(async () => {
    await load();
  });

  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await origin?.[Symbol.asyncDispose]();
    await platform?.[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
    if (browser) {
      await eventually('the browser to end', async () => browser.processes().length === 0);
      expect(existsSync(browser.profile)).toBe(false);
    }
  });

  /** The page anew, as a reload in the middle of its work does it. */
  async function load(): Promise<void> {
    await page.goto(`${origin.url}/?key=${platform.apiKey}`);
    await page.waitForFunction('globalThis.transfers !== undefined');
  }

  function call(name: string, ...values: unknown[]): Promise<Outcome> {
    return page.evaluate(`transfers.${name}(...${JSON.stringify(values)})`) as Promise<Outcome>;
  }

  /** Calls what will not end, since the page is left. */
  function begin(name: string, ...values: unknown[]): void {
    call(name, ...values).catch(() => {});
  }

  async function stored(): Promise<string> {
    const form = new FormData();
    form.append('file', new Blob([content]), 'mesh.bin');
    const headers = { authorization: `Token ${platform.apiKey}` };
    const response = await fetch(`${platform.url}/api/v2/files/contents/`, {
      method: 'POST',
      headers,
      body: form,
    });
    return ((await response.json()) as FileObject).id;
  }

  test('a download survives a broken connection and a reload, and is verified', async () => {
    const id = await stored();
    const cut = origin.obstruct('cut', 'down', 10 * MIB);
    begin('toBlob', id);
    await cut;
    await origin.obstruct('hold', 'down', 14 * MIB);
    // What has gone through is on its way to the disk of the browser: of 24 MiB in four pieces at once, two whole ones at least.
    await eventually(
      'the pieces',
      async () => (await page.evaluate<number>('transfers.keptBytes()')) >= 8 * MIB,
    );
    await load();
    const before = origin.bytes.down;
    origin.release();
    const outcome = await call('toBlob', id);
    expect(outcome).toMatchObject({ verified: true, sha512, left: [] });
    const start = outcome.events.find(({ type }) => type === 'start') as { resumedBytes: number };
    expect(start.resumedBytes).toBeGreaterThanOrEqual(8 * MIB);
    // What is there is not fetched again; the four requests that were left may still bring their 4 MiB.
    const missing = content.byteLength - start.resumedBytes;
    expect(origin.bytes.down - before).toBeLessThan(missing + 17 * MIB);
  });

  test('a download goes into a file of the browser, and on from what is there', async () => {
    const id = await stored();
    expect(await call('saveTo', id, false)).toMatchObject({ verified: true, sha512 });
    const before = origin.bytes.down;
    expect(await call('saveTo', id, true)).toMatchObject({ verified: true, sha512 });
    expect(origin.bytes.down - before).toBeLessThan(5 * MIB);
  });

  /** The user chooses the file; a page that was loaded anew has to ask for it again. */
  async function choose(name: string): Promise<void> {
    await page.locator('#file').setInputFiles(join(directory, name));
  }

  function digestOf(file: FileObject): string | undefined {
    return file.fileChecksums.find(({ hashFunction }) => /^sha-?512$/i.test(hashFunction))?.fileHash;
  }

  test('an upload survives a broken connection and a reload, and is verified', async () => {
    const fresh = randomFillSync(Buffer.alloc(64 * MIB));
    await writeFile(join(directory, 'fresh.bin'), fresh);
    await choose('fresh.bin');
    const cut = origin.obstruct('cut', 'up', 10 * MIB);
    begin('upload');
    await cut;
    await origin.obstruct('hold', 'up', 20 * MIB);
    await load();
    origin.release();
    await choose('fresh.bin');
    const { file, events } = await call('upload');
    expect(digestOf(file)).toBe(createHash('sha512').update(fresh).digest('hex'));
    expect(file).toMatchObject({ name: 'fresh.bin', decryptedSize: 64 * MIB });
    const start = events.find(({ type }) => type === 'start') as { resumedBytes: number };
    expect(start.resumedBytes).toBeGreaterThanOrEqual(10 * MIB);
    expect(events.at(-1)?.type).toBe('done');
  });

  test('bytes that the platform has are not sent', async () => {
    await stored();
    await choose('mesh.bin');
    const before = origin.bytes.up;
    const { file, events } = await call('upload');
    expect(digestOf(file)).toBe(sha512);
    expect(events.map(({ type }) => type)).toEqual(['skip']);
    expect(origin.bytes.up).toBe(before);
  });
});
