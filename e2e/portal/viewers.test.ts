import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../packages/server/test/platform-harness.ts';
import { isPortalSkipped, type Portal, startPortal, untilTrue } from '../support/portal.ts';

/** Tries all that a page can try, and writes down what came of it. */
const hostilePage = (elsewhere: string) => `<!doctype html><title>report</title>
<link rel="stylesheet" href="${elsewhere}/style"><base href="${elsewhere}/">
<body><p id="plain">plain words</p><pre id="report"></pre>
<img src="${elsewhere}/image"><iframe src="${elsewhere}/frame"></iframe><iframe src="/jobs/"></iframe>
<form action="${elsewhere}/form" target="_top"><input name="a"></form>
<script>
document.getElementById('plain').textContent = 'changed by a script';
const tries = {
  cookie: () => document.cookie,
  storage: () => localStorage.length,
  database: () => indexedDB.open('x'),
  page: () => parent.document.title,
  pageStorage: () => parent.localStorage.length,
  top: () => { top.location = '${elsewhere}/top'; },
  window: () => { if (open('${elsewhere}/window') === null) throw new Error('no window'); },
  api: () => fetch('/api/v2/users/me/', { credentials: 'include' }),
  elsewhere: () => fetch('${elsewhere}/fetch', { mode: 'no-cors' }),
  eval: () => eval('1'),
  script: () => new Promise((resolve, reject) => {
    const script = document.body.appendChild(document.createElement('script'));
    Object.assign(script, { src: '${elsewhere}/script', onload: resolve, onerror: reject });
  }),
};
(async () => {
  const report = {};
  for (const [name, attempt] of Object.entries(tries)) {
    try { await attempt(); report[name] = 'DONE'; } catch { report[name] = 'refused'; }
  }
  document.forms[0].submit();
  document.getElementById('report').textContent = JSON.stringify(report);
  onmessage = () => { location = '${elsewhere}/self'; };
})();
</script>`;

const HOSTILE_SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80" onload="top.document.title = 'svg'">
<script>document.documentElement.setAttribute('data-ran', String(window.origin)); document.cookie;
document.documentElement.setAttribute('data-cookie', 'read');</script><rect width="120" height="80"/></svg>`;

describe.skipIf(isPortalSkipped)('what a job has written, as people look at it', { timeout: 120_000 }, () => {
  let portal: Portal;
  /** Another host, to which nothing may go. */
  let elsewhere: Server;
  const asked: string[] = [];
  let jobId: string;

  beforeAll(async () => {
    elsewhere = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.end();
    }).listen(0, '127.0.0.1');
    portal = await startPortal();
    const { port } = elsewhere.address() as AddressInfo;
    const page = Buffer.from(hostilePage(`http://127.0.0.1:${port}`)).toString('base64');
    const svg = Buffer.from(HOSTILE_SVG).toString('base64');
    jobId = await runJob(`echo ${page} | base64 -d > report.html; echo ${svg} | base64 -d > plot.svg`);
  }, 120_000);

  afterAll(async () => {
    elsewhere?.close();
    await portal?.[Symbol.asyncDispose]();
  });

  /** Begins a job with a single command. */
  async function beginJob(command: string): Promise<string> {
    const { platform } = portal;
    const created = await platform.call('POST', '/api/v2/jobs/', {
      name: 'writes files',
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command,
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
        },
      ],
    });
    await platform.call('POST', `/api/v2/jobs/${created.body.id}/submit/`);
    return created.body.id;
  }

  async function runJob(command: string): Promise<string> {
    const id = await beginJob(command);
    await until(
      async () => (await portal.platform.call('GET', `/api/v2/jobs/${id}/`)).body.status === 'Completed',
      'the end of the job',
    );
    return id;
  }

  test('a page of a job is text at first, then a page that runs nothing, and with scripts one that reaches nothing', async () => {
    await using opened = await portal.open(`/jobs/${jobId}/results/?path=report.html`, {
      // Browsers tell of each thing that they keep a page from.
      mayBeSaid: /Content Security Policy|sandboxed|Blocked|Unsafe attempt|permission to navigate/i,
    });
    const { page } = opened;
    await page.getByText('<p id="plain">plain words</p>').waitFor();
    expect(await page.locator('iframe').count()).toBe(0);

    await page.getByRole('button', { name: 'Show as page' }).click();
    const frame = page.frameLocator('iframe');
    await frame.getByText('plain words').waitFor();
    expect(await page.locator('iframe').getAttribute('sandbox')).toBe('');

    await page.getByRole('button', { name: 'Run its scripts' }).click();
    await frame.getByText('changed by a script').waitFor();
    const report = frame.locator('#report', { hasText: '{' });
    await report.waitFor();
    const came = JSON.parse((await report.textContent())!) as Record<string, string>;
    expect(Object.keys(came).length).toBeGreaterThan(10);
    expect(new Set(Object.values(came)), JSON.stringify(came)).toEqual(new Set(['refused']));

    // It may move its own frame: to no other host, and on this one to nothing that is somebody's.
    await page.evaluate("document.querySelector('iframe').contentWindow.postMessage('', '*')");
    await frame.getByText('changed by a script').waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe(`/jobs/${jobId}/results/`);
    expect(page.context().pages()).toHaveLength(1);
    expect(asked).toEqual([]);
  });

  test('a drawing with scripts is a picture, and as a page of its own nobody', async () => {
    await using opened = await portal.open(`/jobs/${jobId}/results/?path=plot.svg`, {
      mayBeSaid: /Content Security Policy|sandboxed|Blocked|SecurityError|Failed to read/i,
      mayBeThrown: /SecurityError|Failed to read/,
    });
    const { page } = opened;
    const picture = page.locator('main img');
    await picture.waitFor();
    await untilTrue(page, "document.querySelector('main img').naturalWidth === 120");
    expect(await picture.getAttribute('src')).toMatch(/^blob:/);
    expect(await page.title()).toContain('Quarry');

    const { body: files } = await portal.platform.call('GET', `/api/v2/jobs/${jobId}/files/?search=plot.svg`);
    const view = `/api/v2/files/${files.results[0].id}/view/ticket/`;
    for (const scripts of [false, true]) {
      const { body: link } = await portal.platform.call('POST', view, { scripts });
      await page.goto(link.url);
      const drawing = page.locator('svg');
      expect(await drawing.getAttribute('data-ran')).toBe(scripts ? 'null' : null);
      expect(await drawing.getAttribute('data-cookie')).toBe(null);
    }
  });

  test('columns are drawn while they are written, beside those of another file, and taken away', async () => {
    const id = await beginJob(
      'printf "t,a,b\\n0,1,5\\n1,2,5\\n2,4,5\\n" > still.csv; echo t,a,b > live.csv; for i in $(seq 1 600); do echo "$i,$((i * 2)),0" >> live.csv; sleep 0.2; done',
    );
    await until(async () => {
      const { body } = await portal.platform.call('GET', `/api/v2/jobs/${id}/runs/1/directory-contents/`);
      return JSON.stringify(body).includes('live.csv');
    }, 'the file');
    await using opened = await portal.open(`/jobs/${id}/results/?path=live.csv&view=chart`);
    const { page } = opened;
    const points = () =>
      page
        .getByRole('row', { name: /^(?:live.csv: )?a / })
        .getByRole('cell')
        .nth(1);
    await points().waitFor({ timeout: 60_000 });
    const before = Number(await points().textContent());
    await expect
      .poll(async () => Number(await points().textContent()), { timeout: 60_000 })
      .toBeGreaterThan(before + 2);

    await page.getByRole('combobox', { name: 'Lay another file over it' }).click();
    await page.getByRole('option', { name: 'still.csv', exact: true }).click();
    await page.getByRole('row', { name: /^still.csv: a 3 1 4 1 4/ }).waitFor();
    await page.getByRole('checkbox', { name: 'Log y' }).click();
    await page.getByText(/values are not above zero/).waitFor();
    await page.getByRole('checkbox', { name: 'b', exact: true }).click();
    await untilTrue(page, "new URLSearchParams(location.search).has('y')");
    const { searchParams } = new URL(page.url());
    expect(searchParams.getAll('path')).toEqual(['live.csv', 'still.csv']);
    expect(searchParams.get('log')).toBe('y');
    expect(searchParams.getAll('y')).toEqual(['a']);
    await page.getByRole('img', { name: /2 lines along t/ }).waitFor();
    await page.getByRole('button', { name: 'Closer' }).click();
    await untilTrue(page, "new URLSearchParams(location.search).has('range')");

    const save = async (name: string) => {
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name, exact: true }).click();
      return readFile((await (await download).path())!);
    };
    expect((await save('PNG')).subarray(1, 4).toString()).toBe('PNG');
    expect((await save('CSV')).toString()).toMatch(/^t,live.csv: a,still.csv: a\n0,,1\n1,2,2\n2,4,4\n3,6,\n/);
    await portal.platform.call('POST', `/api/v2/jobs/${id}/stop/`);
  });

  test.skipIf(!existsSync('/usr/bin/ccx'))(
    'how a solver converges is on the first screen of its job, and among its results',
    async () => {
      const deck = Buffer.from(CANTILEVER).toString('base64');
      const id = await runJob(`echo ${deck} | base64 -d > beam.inp; ccx beam`);
      await using opened = await portal.open(`/jobs/${id}/`);
      const { page } = opened;
      const chart = page.getByRole('img', { name: /along Iteration, from 1 to \d/ });
      await page.getByRole('heading', { name: 'How CalculiX converges' }).waitFor();
      await chart.waitFor();
      const { y, height } = (await chart.boundingBox())!;
      expect(y + height).toBeLessThan(800);
      await page.getByRole('link', { name: 'Open the chart' }).click();
      await page.getByRole('row', { name: /^largest residual force \d+ / }).waitFor();
      expect(await page.getByRole('checkbox', { name: 'Log y' }).isChecked()).toBe(true);
    },
  );

  test('notes, papers, archives and pictures of a job are read where they are', async () => {
    const notes =
      '# Wing\n\n<b onclick="x">bold</b> ![plot](https://example.org/p.png) [here](/jobs/) [there](https://example.org/)\n';
    const files = {
      'notes.md': Buffer.from(notes),
      'paper.pdf': makePdf('Drag is 0.0251'),
      'u_1.png': makePng(200),
      'u_2.png': makePng(20),
    };
    const id = await runJob(
      [
        ...Object.entries(files).map(
          ([name, bytes]) => `echo ${bytes.toString('base64')} | base64 -d > ${name}`,
        ),
        'python3 -m zipfile -c all.zip notes.md u_1.png',
      ].join('; '),
    );
    await using opened = await portal.open(`/jobs/${id}/results/?path=notes.md`);
    const { page } = opened;
    await page.getByRole('heading', { name: 'Wing' }).waitFor();
    await page.getByText('<b onclick="x">bold</b>').or(page.getByText('[Picture: plot]')).first().waitFor();
    expect(await page.getByRole('link', { name: 'there' }).getAttribute('rel')).toContain('noopener');
    expect(await page.getByRole('link', { name: 'here', exact: true }).count()).toBe(0);
    expect(await page.locator('main img').count()).toBe(0);

    await page.getByRole('button', { name: 'paper.pdf' }).click();
    await page.getByText('Drag is 0.0251').waitFor({ state: 'attached' });
    const ink = `(() => { const canvas = document.querySelector('main canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, index) => index % 4 === 0 && value < 64); })()`;
    expect(await page.evaluate(ink)).toBe(true);

    await page.getByRole('button', { name: 'all.zip' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download notes.md' }).click();
    expect(await readFile((await (await download).path())!, 'utf8')).toBe(notes);

    await page.getByRole('button', { name: 'u_1.png', exact: true }).click();
    await page.getByRole('slider', { name: /series/ }).press('ArrowRight');
    await page.getByRole('img', { name: 'u_2.png' }).waitFor();
    await page.getByRole('combobox', { name: 'Compare with' }).fill('_1');
    await page.getByRole('option', { name: 'u_1.png', exact: true }).click();
    await page.getByRole('slider', { name: 'How much of each picture is shown' }).press('End');
    await untilTrue(
      page,
      "[...document.querySelectorAll('main img')].every((image) => image.naturalWidth === 8)",
    );
    expect(await page.locator('main img').count()).toBe(2);
  });
});

/** A beam of four elements that bends so far that each increment takes some iterations. */
const CANTILEVER = `*NODE, NSET=NALL
${[0, 1, 2, 3, 4].flatMap((x) => [0, 1, 2, 3].map((side) => `${side * 10 + x + 1}, ${x}, ${(side & 1) * 0.2}, ${(side >> 1) * 0.2}`)).join('\n')}
*ELEMENT, TYPE=C3D8I, ELSET=EALL
${[1, 2, 3, 4].map((e) => `${e}, ${e}, ${e + 1}, ${e + 11}, ${e + 10}, ${e + 20}, ${e + 21}, ${e + 31}, ${e + 30}`).join('\n')}
*BOUNDARY
1, 1, 3
11, 1, 3
21, 1, 3
31, 1, 3
*MATERIAL, NAME=STEEL
*ELASTIC
210000., 0.3
*SOLID SECTION, ELSET=EALL, MATERIAL=STEEL
*STEP, NLGEOM, INC=100
*STATIC
0.2, 1.0
*CLOAD
5, 3, -0.5
15, 3, -0.5
25, 3, -0.5
35, 3, -0.5
*NODE FILE
U
*END STEP
`;

/** A page with a line of text. */
function makePdf(text: string): Buffer {
  const content = `BT /F1 24 Tf 40 100 Td (${text}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let body = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const place = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 6\n0000000000 65535 f \n${places.join('')}`;
  return Buffer.from(`${body}${table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n${body.length}\n%%EOF\n`);
}

/** A square of 8 pixels in one grey. */
function makePng(grey: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, checksum]);
  };
  const head = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0, 0]);
  const rows = Buffer.alloc(8 * 9, grey);
  for (let row = 0; row < 8; row++) {
    rows[row * 9] = 0;
  }
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
