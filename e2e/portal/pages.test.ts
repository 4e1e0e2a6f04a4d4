import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../packages/server/test/platform-harness.ts';
import { findBarriers, isPortalSkipped, type Portal, startPortal } from '../support/portal.ts';

describe.skipIf(isPortalSkipped)('every page of the portal', { timeout: 240_000 }, () => {
  let portal: Portal;
  let paths: string[];

  beforeAll(async () => {
    portal = await startPortal();
    const { platform } = portal;
    const definition = (name: string, command: string, others: object = {}, tile: object = {}) => ({
      name,
      ...others,
      userTags: [{ name: 'wing' }],
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command,
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
          ...tile,
        },
      ],
    });
    const make = async (...of: Parameters<typeof definition>) => {
      const [name] = of;
      const { body } = await platform.call('POST', '/api/v2/jobs/', definition(...of));
      await platform.call('POST', `/api/v2/jobs/${body.id}/submit/`);
      await until(
        async () => (await platform.call('GET', `/api/v2/jobs/${body.id}/`)).body.status === 'Completed',
        `the end of ${name}`,
      );
      return body.id as string;
    };
    const good = await make(
      'good',
      'echo "a,b" > t.csv; printf "t,p\\n0,1\\n1,2\\n" > c.csv; echo "# Notes" > n.md; echo "<p>x" > p.html; python3 -m zipfile -c z.zip n.md; echo "{}" > o.json; seq 1 500; head -c 300 /dev/zero > b.bin; printf "v 0 0 0\\nv 1 0 0\\nv 0 1 0\\nf 1 2 3\\n" > m.obj',
    );
    const bad = await make('bad', 'echo oh; exit 1');
    const variable = {
      ...{ name: 'x', variableType: 'Param', displayOrder: 0, valueGeneratorType: 'FixedRange' },
      valueGeneratorSettings: { minvalue: 1, maxvalue: 6, increment: 1 },
    };
    const swept = await make(
      'sweep',
      'true',
      {
        jobvariables: [
          variable,
          { ...variable, name: 'z', valueGeneratorSettings: { minvalue: 0, maxvalue: 1, increment: 1 } },
        ],
      },
      { postProcessScriptCommand: `printf 'y\\t%s\\n' $RANDOM` },
    );
    const { body: saved } = await platform.call('POST', '/api/v2/jobs/', definition('x'.repeat(200), 'true'));
    const sampled = (name: string) => ({
      name,
      variableType: 'Param',
      displayOrder: 0,
      valueGeneratorType: 'Sobol',
      valueGeneratorSettings: { minvalue: 0, maxvalue: 1, count: 8 },
    });
    const { body: sweep } = await platform.call('POST', '/api/v2/jobs/', {
      ...definition('sweep', 'true'),
      jobvariables: [sampled('x'), sampled('y')],
    });
    const { body: files } = await platform.call('GET', `/api/v2/jobs/${good}/files/`);
    const { body: clusters } = await platform.call('GET', `/api/v2/jobs/${good}/clusters/`);
    const { body: device } = await platform.call('POST', '/api/v2/storage-devices/', {
      name: 'data',
      storageSize: 1,
    });
    await platform.call('POST', `/api/v2/storage-devices/${device.id}/submit/`);
    const { body: template } = await platform.call('POST', '/api/v2/job-templates/', {
      name: `A form ${'x'.repeat(100)}`,
      fields: ['text', 'integer', 'boolean', 'choice', 'files'].map((type) => ({
        ...{ name: type, label: `Of ${type}`, type, help: 'Help', required: type === 'text' },
        ...(type === 'choice' && { options: ['a', 'b'] }),
        ...(type === 'integer' && { min: 1, unit: 'm/s' }),
      })),
      definition: definition('of a form', 'echo "$text"'),
    });
    paths = [
      '/',
      '/jobs/',
      '/jobs/?q=nothing-is-called-so',
      '/jobs/new/',
      '/jobs/new/?template=list',
      `/jobs/new/?template=${template.id}`,
      `/jobs/?sel=${good}`,
      '/admin/templates/',
      '/admin/templates/?id=new',
      `/admin/templates/?id=${template.id}`,
      ...[good, bad, saved.id].map((id) => `/jobs/${id}/`),
      `/jobs/${sweep.id}/edit/`,
      `/jobs/${good}/definition/`,
      `/jobs/${good}/log/`,
      `/jobs/${good}/log/?q=%5E4&re=1&line=120`,
      `/jobs/${good}/results/?path=t.csv`,
      `/jobs/${good}/runs/1/results/?path=o.json`,
      `/jobs/${good}/results/?path=b.bin`,
      `/jobs/${swept}/sweep/?run=2`,
      `/jobs/${good}/sweep/`,
      `/jobs/${good}/results/?path=m.obj`,
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
      `/clusters/${clusters.results[0].id}/`,
      `/notebooks/${clusters.results[0].id}/`,
      `/in-browser-desktops/${clusters.results[0].id}/`,
      '/storage/',
      `/storage/${device.id}/`,
      '/admin/system/',
      '/admin/users/',
      '/admin/projects/',
      '/admin/catalogue/',
      '/admin/events/',
      '/user/settings/api-key/',
      '/user/settings/profile/',
      '/user/settings/ssh-keys/',
      `/jobs/${good}/runs/`,
      `/jobs/${bad}/runs/1/`,
      `/compare/?ids=${good},${bad}.1&all=1`,
      '/compare/',
      '/trash/',
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
