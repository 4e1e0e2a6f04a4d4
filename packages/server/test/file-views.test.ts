import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../testing/start-platform.ts';
import { uploadFile } from './platform-harness.ts';

const PAGE = '<!doctype html><title>report</title><script>document.title = "ran"</script>';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
});

async function linkTo(fileId: string, wish: { scripts?: boolean } = {}): Promise<string> {
  const answer = await platform.call('POST', `/api/v2/files/${fileId}/view/ticket/`, wish);
  expect(answer.status).toBe(201);
  return answer.body.url;
}

test('a page is shown as one that reaches nothing, and runs scripts only where that was asked for', async () => {
  const { id } = await uploadFile(platform, 'report.html', PAGE);
  for (const scripts of [false, true]) {
    const url = await linkTo(id, { scripts });
    const head = await fetch(url, { method: 'HEAD' });
    const answer = await fetch(url);
    expect(await answer.text()).toBe(PAGE);
    expect(head.headers.get('content-length')).toBe(String(PAGE.length));
    for (const { status, headers } of [head, answer]) {
      expect(status).toBe(200);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      const policy = headers.get('content-security-policy')!.split('; ');
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'self'");
      expect(policy).toContain(scripts ? 'sandbox allow-scripts' : 'sandbox');
      expect(policy.some((directive) => directive.startsWith('script-src'))).toBe(scripts);
      // Nothing that would let it out of its sandbox, or to another host.
      expect(headers.get('content-security-policy')).not.toMatch(/allow-(?!scripts)|https?:|\*/);
    }
  }
});

test.each([
  ['plot.SVG', 'image/svg+xml'],
  ['photo.jpg', 'image/jpeg'],
  ['notes.txt', 'text/plain; charset=utf-8'],
  ['page.xhtml', null],
  ['paper.pdf', null],
  ['program.js', null],
  ['no-extension', null],
  ['of-objects.constructor', null],
])('%s is shown as %s', async (name, type) => {
  const { id } = await uploadFile(platform, name, 'x');
  const headers = { authorization: `Token ${platform.apiKey}` };
  const answer = await fetch(`${platform.url}/api/v2/files/${id}/view/`, { headers });
  expect(answer.headers.get('content-type')).toBe(type ?? 'application/octet-stream');
  expect(answer.headers.get('content-disposition')?.split(';')[0]).toBe(
    type === null ? 'attachment' : undefined,
  );
  expect(answer.headers.get('content-security-policy')).toMatch(/^sandbox;/);
});

test('a link to a view opens once, and neither with scripts nor as a download when it was not made for that', async () => {
  const { id } = await uploadFile(platform, 'report.html', PAGE);
  const url = await linkTo(id);
  const token = new URL(url).searchParams.get('ticket');
  const of = async (rest: string) => (await fetch(`${platform.url}/api/v2/files/${id}/${rest}`)).status;
  expect(await of(`view/?scripts=true&ticket=${token}`)).toBe(401);
  expect(await of(`view/?ticket=${token}&scripts=true`)).toBe(401);
  expect(await of(`contents/?ticket=${token}`)).toBe(401);
  expect(await of(`view/?ticket=${token}`)).toBe(200);
  expect(await of(`view/?ticket=${token}`)).toBe(401);
});
