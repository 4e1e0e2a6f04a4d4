import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../packages/server/test/platform-harness.ts';
import { findBarriers, isPortalSkipped, type Portal, startPortal } from '../support/portal.ts';

describe.skipIf(isPortalSkipped)('every page of the portal', { timeout: 240_000 }, () => {
  let portal: Portal;
  let paths: string[];

  beforeAll(async () => {
    portal = await startPortal();
    const { platform } = portal;
    const definition = (name: string, command: string) => ({
      name,
      userTags: [{ name: 'wing' }],
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command,
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
        },
      ],
    });
    const make = async (name: string, command: string) => {
      const { body } = await platform.call('POST', '/api/v2/jobs/', definition(name, command));
      await platform.call('POST', `/api/v2/jobs/${body.id}/submit/`);
      await until(
        async () => (await platform.call('GET', `/api/v2/jobs/${body.id}/`)).body.status === 'Completed',
        `the end of ${name}`,
      );
      return body.id as string;
    };
    const good = await make(
      'good',
      'echo "a,b" > t.csv; printf "t,p\\n0,1\\n1,2\\n" > c.csv; echo "# Notes" > n.md; echo "<p>x" > p.html; python3 -m zipfile -c z.zip n.md; echo "{}" > o.json; seq 1 500; head -c 300 /dev/zero > b.bin',
    );
    const bad = await make('bad', 'echo oh; exit 1');
    const { body: saved } = await platform.call('POST', '/api/v2/jobs/', definition('x'.repeat(200), 'true'));
    const { body: files } = await platform.call('GET', `/api/v2/jobs/${good}/files/`);
    paths = [
      '/jobs/',
      '/jobs/?q=nothing-is-called-so',
      '/jobs/new/',
      ...[good, bad, saved.id].map((id) => `/jobs/${id}/`),
      `/jobs/${good}/log/`,
      `/jobs/${good}/results/?path=t.csv`,
      `/jobs/${good}/runs/1/results/?path=o.json`,
      `/jobs/${good}/results/?path=b.bin`,
      `/jobs/${good}/results/?path=c.csv&view=chart`,
      `/jobs/${good}/results/?path=process_output.log&view=residuals`,
      `/jobs/${good}/results/?path=n.md`,
      `/jobs/${good}/results/?path=p.html`,
      `/jobs/${good}/results/?path=z.zip`,
      `/jobs/${good}/definition/?as=python`,
      '/files/',
      `/files/${files.results[0].id}/`,
      '/software/',
      '/software/openfoam/',
      '/hardware/',
      '/clusters/?state=all',
      '/storage/',
      '/user/settings/api-key/',
      '/user/settings/profile/',
      '/user/settings/ssh-keys/',
      '/compare/',
    ];
  }, 240_000);

  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [360, 1280]) {
      test(`keeps nobody out, in the ${colorScheme} theme at ${width} px`, async () => {
        await using opened = await portal.open('/jobs/', { colorScheme, width, mayBeSaid: /404/ });
        const { page } = opened;
        for (const path of paths) {
          await page.goto(portal.url + path);
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.locator('[aria-busy]').first().waitFor({ state: 'detached' });
          expect(await page.getByRole('heading', { level: 1 }).count(), path).toBe(1);
          expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(
            width,
          );
          expect(await findBarriers(page), path).toEqual([]);
        }
      });
    }
  }

  test('lets somebody in who has no session, and keeps nobody out of that', async () => {
    await using opened = await portal.open('/jobs/', { key: null, width: 360, colorScheme: 'dark' });
    expect(await findBarriers(opened.page)).toEqual([]);
  });

  test('reads without scrolling sideways at 320 px', async () => {
    await using opened = await portal.open('/jobs/', { width: 320, mayBeSaid: /404/ });
    for (const path of paths) {
      await opened.page.goto(portal.url + path);
      await opened.page.getByRole('heading', { level: 1 }).waitFor();
      await opened.page.locator('[aria-busy]').first().waitFor({ state: 'detached' });
      expect(await opened.page.evaluate('document.documentElement.scrollWidth'), path).toBeLessThanOrEqual(
        320,
      );
    }
  });
});
