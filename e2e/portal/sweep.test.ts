import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeSweep } from '../../bench/lib/stored-sweep.ts';
import { until } from '../../packages/server/test/platform-harness.ts';
import { isPortalSkipped, type Portal, startPortal, untilTrue } from '../support/portal.ts';

const RUNS = 300;
const HOSTILE = '<img src=x onerror="document.title=1">\u202Egnp';

interface Run {
  number: number;
  x: number[];
  drag: number | null;
}

describe.skipIf(isPortalSkipped)('the page of a sweep', { timeout: 120_000 }, () => {
  let portal: Portal;
  let jobId: string;
  let runs: Run[];

  const dragOf = (x: readonly number[]) => 0.2 + (x[0]! - 0.3) ** 2 + x[1]! * x[2]!;

  beforeAll(async () => {
    portal = await startPortal();
    jobId = await storeSweep(portal.platform, {
      ...{ runs: RUNS, inputs: 4 },
      outputs: (x, number) => ({ drag: dragOf(x), [HOSTILE]: number }),
    });
    const { body } = await portal.platform.call('GET', `/api/v2/jobs/${jobId}/results/`);
    const names: string[] = body.columns.map(({ name }: { name: string }) => name);
    const place = (name: string) => names.indexOf(name);
    runs = body.rows.map((row: never[]) => ({
      number: row[place('run')],
      x: ['x1', 'x2', 'x3', 'x4'].map((name) => row[place(name)]),
      drag: row[place('drag')],
    }));
    expect(runs).toHaveLength(RUNS);
  }, 120_000);

  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  const lines = (page: Page) => page.locator('canvas[data-whole="true"]').first();
  const selected = (page: Page, count: number) =>
    page.getByText(`${count} of ${RUNS} runs`, { exact: true }).waitFor();
  const best = (among: readonly Run[] = runs) =>
    among.filter(({ drag }) => drag !== null).toSorted((a, b) => a.drag! - b.drag!)[0]!;

  test('shows the best run and why, and is narrowed by keys and fields to what its address says from then on', async () => {
    await using opened = await portal.open(`/jobs/${jobId}/`);
    const { page } = opened;
    await page.getByRole('link', { name: 'Sweep', exact: true }).click();
    await lines(page).waitFor();
    const succeeded = runs.filter(({ drag }) => drag !== null).length;
    const summary = page.getByRole('main');
    await summary.getByText(`Run ${best().number}`, { exact: true }).first().waitFor();
    await summary.getByText(`has the smallest drag of ${succeeded} runs that ended in success.`).waitFor();
    await selected(page, RUNS);

    // By the keyboard alone: a brush from 40 to 60 % of the axis begins, and is moved up by 2 %.
    const track = page.getByRole('slider', { name: 'Brush on x1' });
    await track.focus();
    await page.keyboard.press('ArrowUp');
    await untilTrue(page, "new URLSearchParams(location.search).get('brush')?.startsWith('x1:')");
    const begun = new URL(page.url()).searchParams.get('brush')!;
    await page.keyboard.press('ArrowUp');
    await untilTrue(page, `new URLSearchParams(location.search).get('brush') !== '${begun}'`);
    const [, from, to] = new URL(page.url()).searchParams.get('brush')!.split(':').map(Number);
    const within = (low: number, high: number) => runs.filter(({ x }) => x[0]! >= low && x[0]! <= high);
    await selected(page, within(from!, to!).length);
    expect(within(from!, to!).length).toBeGreaterThan(20);

    await page.getByRole('button', { name: 'Settings of x1' }).click();
    await page.getByRole('textbox', { name: 'From', exact: true }).fill('0,25');
    await page.keyboard.press('Enter');
    await untilTrue(page, "new URLSearchParams(location.search).get('brush').startsWith('x1:0.25:')");
    await page.getByRole('textbox', { name: 'To', exact: true }).fill('0.35');
    await page.keyboard.press('Enter');
    await untilTrue(page, "new URLSearchParams(location.search).get('brush') === 'x1:0.25:0.35'");
    await page.getByRole('textbox', { name: 'Filter runs' }).fill('drag<0.5');
    const narrowed = within(0.25, 0.35).filter(({ drag }) => drag !== null && drag < 0.5);
    await selected(page, narrowed.length);

    await untilTrue(page, "new URLSearchParams(location.search).get('q') === 'drag<0.5'");
    await page.reload();
    await selected(page, narrowed.length);
    const table = page.getByRole('table', { name: 'Runs that are selected' });
    expect(await table.getAttribute('aria-rowcount')).toBe(String(narrowed.length + 1));
    await table.getByRole('button', { name: 'drag', exact: true }).click();
    await table
      .getByRole('rowheader')
      .first()
      .getByText(String(best(narrowed).number))
      .waitFor();

    await page.getByRole('button', { name: 'Select all runs' }).click();
    await selected(page, RUNS);
    await page.getByRole('button', { name: 'Failed', exact: true }).click();
    await selected(page, RUNS - succeeded);
    // Runs that failed stand below the axes, and the table has them without a value.
    await page.getByRole('button', { name: `Settings of ${HOSTILE}` }).waitFor();
    expect(await page.title()).toContain('Quarry');
  });

  test('draws the selected lines in the accent over the others in grey', async () => {
    // Its line goes through the middle of what is looked at.
    const offCentre = ({ x }: Run) => Math.abs(x[0]! - 0.5) + Math.abs(x[1]! - 0.5);
    const [middle] = runs.toSorted((a, b) => offCentre(a) - offCentre(b));
    const axes = 'axes=x1,x2';
    const only = `brush=x1:${middle!.x[0]}:${middle!.x[0]}`;
    await using opened = await portal.open(`/jobs/${jobId}/sweep/?${axes}&${only}`);
    const { page } = opened;
    await lines(page).waitFor();
    await selected(page, 1);
    const one = await countColours(page);
    expect(one.accent).toBeGreaterThan(100);
    expect(one.grey).toBeGreaterThan(10 * one.accent);

    await page.goto(`${portal.url}/jobs/${jobId}/sweep/?${axes}&brush=x1:2:3`);
    await lines(page).waitFor();
    await selected(page, 0);
    const none = await countColours(page);
    expect(none.accent).toBeLessThan(one.accent / 4);
    expect(none.grey).toBeGreaterThan(10 * one.accent);
  });

  test('is narrowed by a pointer on an axis and by a box in a scatter plot, and a tap takes a brush away', async () => {
    await using opened = await portal.open(`/jobs/${jobId}/sweep/?axes=x1,x4,drag`);
    const { page } = opened;
    await lines(page).waitFor();
    const track = page.getByRole('slider', { name: 'Brush on x4' });
    await track.scrollIntoViewIfNeeded();
    const area = (await track.boundingBox())!;
    await page.mouse.move(area.x + area.width / 2, area.y + area.height * 0.25);
    await page.mouse.down();
    await page.mouse.move(area.x + area.width / 2, area.y + area.height * 0.5, { steps: 3 });
    await page.mouse.move(area.x + area.width / 2, area.y + area.height * 0.75, { steps: 3 });
    await page.mouse.up();
    await untilTrue(page, "new URLSearchParams(location.search).get('brush')?.startsWith('x4:')");
    const [, from, to] = new URL(page.url()).searchParams.get('brush')!.split(':').map(Number);
    await selected(page, runs.filter(({ x }) => x[3]! >= from! && x[3]! <= to!).length);
    expect(to! - from!).toBeGreaterThan(0.4);
    expect(to! - from!).toBeLessThan(0.6);
    await page.mouse.click(area.x + area.width / 2, area.y + area.height * 0.5);
    await selected(page, RUNS);

    const plots = page.getByRole('img', { name: 'drag by each input' });
    await plots.scrollIntoViewIfNeeded();
    const first = (await plots.boundingBox())!;
    await page.mouse.move(first.x + 80, first.y + 30);
    await page.mouse.down();
    await page.mouse.move(first.x + 140, first.y + 80, { steps: 3 });
    await page.mouse.move(first.x + 200, first.y + 140, { steps: 3 });
    await page.mouse.up();
    await untilTrue(
      page,
      "/^x\\d:[^,]+,drag:/.test(new URLSearchParams(location.search).get('brush') ?? '')",
    );
    await page.getByRole('button', { name: 'Remove the brush on drag' }).waitFor();
  });

  test('tells what the output depends on, fits a surface, and says why where it cannot', async () => {
    await using opened = await portal.open(`/jobs/${jobId}/sweep/`, { mayBeSaid: /40[09]/ });
    const { page } = opened;
    const { body } = await portal.platform.call('GET', `/api/v2/jobs/${jobId}/sensitivity/?output=drag`);
    const [first] = body.inputs.toSorted(
      (a: { coefficient: number }, b: { coefficient: number }) =>
        Math.abs(b.coefficient) - Math.abs(a.coefficient),
    );
    const figures = page.getByRole('region', { name: 'What drag depends on' });
    await figures.getByRole('row').nth(1).getByText(first.name).waitFor();
    await page
      .getByText(/^A polynomial of degree 2, fitted to 297 runs\. R² (0\.9\d\d|1\.000), error ± /)
      .waitFor();
    await page.getByRole('img', { name: /^Fitted drag over x\d and x\d$/ }).waitFor();
    await page.getByRole('img', { name: 'drag by each input' }).waitFor();

    await page.getByRole('combobox', { name: 'Output' }).selectOption(HOSTILE);
    await page.getByRole('img', { name: `${HOSTILE} by each input` }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
  });

  test('leads on: to the table as a file, the best run as a job, and the selected runs once more', async () => {
    const [one, two] = runs.filter(({ drag }) => drag !== null);
    await using opened = await portal.open(`/jobs/${jobId}/sweep/`);
    const { page } = opened;
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save all as CSV' }).click();
    const csv = await readFile((await (await download).path())!, 'utf8');
    expect(csv.split('\n')).toHaveLength(RUNS + 2);
    const picture = page.waitForEvent('download');
    await lines(page).waitFor();
    await page.getByRole('button', { name: 'Save as PNG' }).click();
    const png = await readFile((await (await picture).path())!);
    expect(png.subarray(1, 4).toString()).toBe('PNG');

    const drawing = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as SVG: drag by each input' }).click();
    const svg = await readFile((await (await drawing).path())!, 'utf8');
    expect(svg).toMatch(/^<svg .*<path .*x1/s);

    await page.getByRole('button', { name: 'Make a job of the best' }).click();
    const json = page.getByRole('textbox', { name: 'The job as JSON' });
    const patient = { timeout: 60_000 };
    await expect
      .poll(
        async () => JSON.parse(await json.inputValue()).jobvariables?.[0]?.valueGeneratorSettings,
        patient,
      )
      .toEqual({ values: [best().x[0]] });
    await page.getByText(/^1 run: /).waitFor();

    await page.goto(`${portal.url}/jobs/${jobId}/sweep/?brush=x1:0.25:0.5`);
    await page.getByRole('button', { name: 'New sweep inside these bounds' }).click();
    await page.getByRole('heading', { level: 1, name: 'New job', exact: true }).waitFor();
    const narrowed = page.getByRole('group', { name: 'Variable x1' });
    await expect
      .poll(() => narrowed.getByRole('textbox', { name: 'From' }).inputValue(), { timeout: 30_000 })
      .toBe('0.25');
    expect(await narrowed.getByRole('textbox', { name: 'To' }).inputValue()).toBe('0.5');
    await page.goto(`${portal.url}/jobs/${jobId}/sweep/?brush=x1:${one!.x[0]}:${one!.x[0]}`);
    await page.getByRole('button', { name: 'Run this one again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run again' }).click();
    await page.getByText('One run is executed again.').first().waitFor();
    await expect
      .poll(
        async () =>
          (await portal.platform.call('GET', `/api/v2/jobs/${jobId}/runs/${one!.number}/`)).body.attempt,
        patient,
      )
      .toBe(2);
    expect(
      (await portal.platform.call('GET', `/api/v2/jobs/${jobId}/runs/${two!.number}/`)).body.attempt,
    ).toBe(1);
  });

  test('follows runs as they end, and without graphics says so and has the table', async () => {
    const { platform } = portal;
    const { body: job } = await platform.call('POST', '/api/v2/jobs/', {
      name: 'live',
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command: 'true',
          postProcessScriptCommand: `printf 'y\\t%s\\n' $RANDOM`,
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
        },
      ],
      jobvariables: [
        {
          ...{ name: 'n', variableType: 'Param', displayOrder: 0, valueGeneratorType: 'FixedRange' },
          valueGeneratorSettings: { minvalue: 1, maxvalue: 6, increment: 1 },
        },
      ],
    });
    await using opened = await portal.open('/jobs/', { mayBeSaid: /40[09]/ });
    const { page } = opened;
    await page.addInitScript(
      "const get = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext = function (kind, ...rest) { return kind === 'webgl2' ? null : get.call(this, kind, ...rest); };",
    );
    await page.goto(`${portal.url}/jobs/${job.id}/sweep/`);
    await page.getByRole('heading', { name: 'Nothing has run yet' }).waitFor();
    await platform.call('POST', `/api/v2/jobs/${job.id}/submit/`);
    await page.getByRole('heading', { name: 'This browser draws no lines' }).waitFor();
    await until(
      async () => (await platform.call('GET', `/api/v2/jobs/${job.id}/`)).body.status === 'Completed',
      'the end of the live sweep',
    );
    await page.getByText('of 6 runs that ended in success.').waitFor();
    const table = page.getByRole('table', { name: 'Runs that are selected' });
    expect(await table.getByRole('row').count()).toBe(7);
  });
});

/** How many pixels between two axes have the colour of selected lines, and of the others. */
async function countColours(page: Page): Promise<{ accent: number; grey: number }> {
  const canvas = page.locator('canvas[data-whole]').first();
  await canvas.scrollIntoViewIfNeeded();
  // It is drawn once more when its room is known.
  await untilTrue(
    page,
    "(() => { const c = document.querySelector('canvas[data-whole]'); return c.dataset.whole === 'true' && Math.abs(c.width - c.clientWidth) < 2; })()",
  );
  const box = (await canvas.boundingBox())!;
  // Between the first two axes, where there are neither marks nor words.
  const clip = {
    x: box.x + box.width * 0.4,
    y: box.y + 40,
    width: box.width * 0.25,
    height: box.height - 90,
  };
  const png = (await page.screenshot({ clip })).toString('base64');
  return (await page.evaluate(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${png}';
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const counts = { accent: 0, grey: 0 };
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue] = data.subarray(at, at + 3);
      if (blue - red > 90) {
        counts.accent += 1;
      } else if (red < 250 && Math.abs(red - blue) < 24) {
        counts.grey += 1;
      }
    }
    return counts;
  })()`)) as { accent: number; grey: number };
}
