import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { colourAt } from '../../packages/portal/src/viewers/mesh/colour-maps.ts';
import { until } from '../../packages/server/test/platform-harness.ts';
import { findBarriers, isPortalSkipped, type Portal, startPortal } from '../support/portal.ts';

const FIXTURES = join(import.meta.dirname, '../../packages/portal/test/fixtures/mesh');

/** A plate whose temperature rises along it, in three steps, as a program of a few lines would write it. */
const SOLVER = String.raw`
for step in 1 2 3; do
awk -v step=$step 'BEGIN {
  print "<VTKFile type=\"UnstructuredGrid\" byte_order=\"LittleEndian\"><UnstructuredGrid><Piece NumberOfPoints=\"45\" NumberOfCells=\"32\"><Points><DataArray type=\"Float32\" NumberOfComponents=\"3\" format=\"ascii\">"
  for (y = 0; y < 5; y++) for (x = 0; x < 9; x++) print x, y, 0
  print "</DataArray></Points><PointData><DataArray type=\"Float64\" Name=\"T\" format=\"ascii\">"
  for (y = 0; y < 5; y++) for (x = 0; x < 9; x++) print 100 * step + x
  print "</DataArray></PointData><CellData><DataArray type=\"Int32\" Name=\"id\" format=\"ascii\">"
  for (i = 0; i < 32; i++) print i
  print "</DataArray></CellData><Cells><DataArray type=\"Int64\" Name=\"connectivity\" format=\"ascii\">"
  for (y = 0; y < 4; y++) for (x = 0; x < 8; x++) print x + 9 * y, x + 1 + 9 * y, x + 10 + 9 * y, x + 9 + 9 * y
  print "</DataArray><DataArray type=\"Int64\" Name=\"offsets\" format=\"ascii\">"
  for (i = 1; i <= 32; i++) print 4 * i
  print "</DataArray><DataArray type=\"UInt8\" Name=\"types\" format=\"ascii\">"
  for (i = 1; i <= 32; i++) print 9
  print "</DataArray></Cells></Piece></UnstructuredGrid></VTKFile>"
}' > plate_$step.vtu
done
echo '<VTKFile type="Collection"><Collection><DataSet timestep="0.5" file="plate_1.vtu"/><DataSet timestep="2" file="plate_3.vtu"/></Collection></VTKFile>' > plate.pvd
`;

/** What the legend takes below a picture. */
const LEGEND_PX = 90;

/** What Chromium says when pixels of a picture are read, which is what saving one does. */
const READS_PIXELS = /GPU stall due to ReadPixels/;

describe.skipIf(isPortalSkipped)('results in three dimensions', { timeout: 120_000 }, () => {
  let portal: Portal;
  let results: string;

  beforeAll(async () => {
    portal = await startPortal();
    const { platform } = portal;
    const copies = await Promise.all(
      ['mixed-raw-zlib-wide.vtu', 'mixed-lz4.vtu'].map(async (name) => {
        const text = (await readFile(join(FIXTURES, name))).toString('base64');
        return `echo ${text} | base64 -d > ${name}`;
      }),
    );
    const { body: job } = await platform.call('POST', '/api/v2/jobs/', {
      name: 'plate',
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command: [SOLVER, ...copies].join('\n'),
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
        },
      ],
    });
    await platform.call('POST', `/api/v2/jobs/${job.id}/submit/`);
    await until(
      async () => (await platform.call('GET', `/api/v2/jobs/${job.id}/`)).body.status === 'Completed',
      'the end of the job',
    );
    results = `/jobs/${job.id}/results/`;
  }, 120_000);

  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  const legend = (page: Page) => page.getByRole('figure', { name: /^Colours of/ });
  const parameter = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);

  test('a file of a job is turned by keys, its steps are gone through, and its address shows the same again', async () => {
    await using opened = await portal.open(results);
    const { page } = opened;
    await page.getByRole('button', { name: 'plate_3.vtu' }).click();
    await legend(page).getByText('308').waitFor();
    await page.getByText('plate_3.vtu · 45 points, 32 cells').waitFor();
    expect(await findBarriers(page)).toEqual([]);

    await page.getByRole('combobox', { name: 'Range' }).selectOption('Fixed');
    await page.getByRole('textbox', { name: 'From' }).fill('100');
    await page.getByRole('slider', { name: 'Step' }).focus();
    await page.keyboard.press('Home');
    await page.getByText('1 (1 of 3)').waitFor();
    await legend(page).getByText('100').waitFor();
    await legend(page).getByText('308').waitFor();
    await until(async () => parameter(page, 'range') === '100..308', 'the range in the address');

    const picture = page.getByRole('region', { name: /^Picture of plate_1.vtu/ });
    await picture.focus();
    await page.keyboard.press('z');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('+');
    await until(
      async () => (parameter(page, 'cam') ?? '').split(',').length === 9,
      'the camera in the address',
    );
    await page.keyboard.press('z');
    await page.keyboard.press('v');
    await page
      .getByRole('region', { name: 'Values here' })
      .getByRole('cell', { name: /^10[34]$|^10[34]\D/ })
      .first()
      .waitFor();

    await until(async () => parameter(page, 'cam')?.split(',')[0] === '4', 'the camera of the last key');
    const address = page.url();
    await page.reload();
    await legend(page).getByText('308').waitFor();
    await page.getByText('1 (1 of 3)').waitFor();
    expect(page.url()).toBe(address);

    await page.getByText('Ranges of all arrays').click();
    await page.getByRole('row', { name: /^T at points 100 108/ }).waitFor();
    await page.getByRole('row', { name: /^id in cells 0 31/ }).waitFor();

    expect(page.workers()).toHaveLength(1);
    await page.getByRole('link', { name: 'Log', exact: true }).click();
    await until(async () => page.workers().length === 0, 'the end of the worker');
  });

  test('the picture has the colours of the map, value by value, and can be saved', async () => {
    await using opened = await portal.open(`${results}?path=plate_2.vtu`, { mayBeSaid: READS_PIXELS });
    const { page } = opened;
    await legend(page).getByText('208').waitFor();
    await page.getByRole('button', { name: 'From +z' }).click();
    const png = await savePicture(page);
    const row = await rowOf(page, png, 0);
    const first = row.findIndex(isColoured);
    const last = row.findLastIndex(isColoured);
    expect(last - first).toBeGreaterThan(200);
    for (let x = first + 2; x <= last - 2; x++) {
      expectColour(
        row[x]!,
        colourAt('viridis', (x - first + 0.5) / (last - first + 1)),
        `pixel ${x} of ${first} to ${last}`,
      );
    }

    // In the second row of cells from below, which are eight wide.
    await page.getByRole('combobox', { name: 'Colour by' }).selectOption('id (in cells)');
    await legend(page).getByText('31').waitFor();
    await page.getByRole('combobox', { name: 'Colours' }).selectOption('Cividis');
    const barStart = colourAt('cividis', 0).join(', ');
    await until(async () => (await legend(page).innerHTML()).includes(barStart), 'the other colours');
    const cellPixels = (last - first) / 8;
    const cells = await rowOf(page, await savePicture(page), cellPixels / 2);
    for (let cell = 0; cell < 8; cell++) {
      expectColour(
        cells[Math.round(first + cellPixels * (cell + 0.5))]!,
        colourAt('cividis', (8 + cell) / 31),
        `cell ${cell}`,
      );
    }
  });

  test('a collection shows its times, cells that touch are one body, and what cannot be read is refused by name', async () => {
    await using opened = await portal.open(`${results}?path=plate.pvd`);
    const { page } = opened;
    await page.getByText('2 (2 of 2)').waitFor();
    await legend(page).getByText('308').waitFor();
    await page.getByRole('button', { name: 'Previous step' }).click();
    await page.getByText('0.5 (1 of 2)').waitFor();
    await legend(page).getByText('108').waitFor();

    await page.getByRole('button', { name: 'mixed-raw-zlib-wide.vtu' }).click();
    await page.getByText('mixed-raw-zlib-wide.vtu · 36 points, 10 cells').waitFor();
    await page.getByRole('combobox', { name: 'Colour by' }).selectOption('U (at points)');
    await legend(page).getByText('U, Length [m/s]').waitFor();
    await page.getByRole('combobox', { name: 'Cut' }).selectOption('Across x');
    await until(async () => parameter(page, 'clip') === 'x:0.5', 'the cut in the address');

    await page.getByRole('button', { name: 'mixed-lz4.vtu' }).click();
    await page
      .getByRole('alert')
      .getByText(/compressed by LZ4/)
      .waitFor();
  });

  test('a browser without WebGL says so and offers the file', async () => {
    await using opened = await portal.open(`${results}?path=plate_2.vtu`);
    const { page } = opened;
    await page.addInitScript(
      `const ask = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind === 'webgl2' ? null : ask.call(this, kind, ...rest);
      };`,
    );
    await page.reload();
    await page.getByRole('heading', { name: /WebGL 2 is not there/ }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download', exact: true }).last().click();
    expect((await download).suggestedFilename()).toBe('plate_2.vtu');
  });
});

function isColoured([red, green, blue]: readonly number[]): boolean {
  return Math.max(red!, green!, blue!) - Math.min(red!, green!, blue!) > 20;
}

function expectColour(found: readonly number[], wanted: readonly number[], where: string): void {
  for (const [part, value] of found.entries()) {
    expect(Math.abs(value - wanted[part]!), `${where} has ${found}, wanted ${wanted}`).toBeLessThan(6);
  }
}

async function savePicture(page: Page): Promise<Buffer> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as PNG' }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe('plate_2.vtu.png');
  return await readFile((await saved.path())!);
}

/** The colours of a picture so many pixels below the middle of its height, without its legend. */
async function rowOf(page: Page, png: Buffer, below: number): Promise<number[][]> {
  // A text, since what runs in the browser knows names that are not known here.
  return await page.evaluate<number[][]>(`(async () => {
    const bytes = Uint8Array.from(atob('${png.toString('base64')}'), (sign) => sign.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const middle = Math.floor((bitmap.height - ${LEGEND_PX}) / 2 + ${below});
    const { data } = context.getImageData(0, middle, bitmap.width, 1);
    return Array.from({ length: bitmap.width }, (_, x) => [...data.subarray(x * 4, x * 4 + 3)]);
  })()`);
}
