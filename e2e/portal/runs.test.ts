import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../packages/server/test/platform-harness.ts';
import { isPortalSkipped, type Portal, startPortal } from '../support/portal.ts';
import { submitSweep, uploadText } from '../support/sweeps.ts';

const HOSTILE = '<img src=x onerror="document.title=1"> \u202Egnp.exe';
const RUNS = 12;

describe.skipIf(isPortalSkipped)('runs in the portal', { timeout: 120_000 }, () => {
  let portal: Portal;
  let sweepId: string;
  let otherId: string;

  const make = async (name: string) => {
    const { platform } = portal;
    const template = await uploadText(platform, 'n.template', `\${n}\n`);
    return submitSweep(platform, {
      runs: RUNS,
      slots: 4,
      command: 'read n < n.txt; echo "this is number $n"; echo 1 > out.txt; [ $n != 7 ]',
      tile: {
        templateTasks: [{ processedFilename: 'n.txt', templateFile: { id: template } }],
        postProcessScriptCommand: `read n < n.txt; printf 'left\\t%s\\n' $((100 - n))`,
      },
      job: { name },
    });
  };
  const end = (id: string) =>
    until(
      async () => (await portal.platform.call('GET', `/api/v2/jobs/${id}/`)).body.status === 'Completed',
      'the end of the sweep',
    );

  beforeAll(async () => {
    portal = await startPortal();
    sweepId = await make(HOSTILE);
    otherId = await make('another');
    await end(sweepId);
    await end(otherId);
  }, 240_000);

  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  /** Numbers of the runs in the table, once they are these. */
  const showsRuns = (page: Page, expected: number[]) =>
    until(async () => {
      const links = page.getByRole('table', { name: 'Runs' }).locator('tbody a');
      return (await links.allTextContents()).join() === expected.join();
    }, `the runs ${expected.join()}`);

  test('are ordered and narrowed by the server, and the address says how', async () => {
    await using opened = await portal.open(`/jobs/${sweepId}/`);
    const { page } = opened;
    await page.getByRole('link', { name: 'Runs', exact: true }).click();
    await showsRuns(page, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    await page.getByRole('button', { name: 'left' }).click();
    await showsRuns(page, [12, 11, 10, 9, 8, 6, 5, 4, 3, 2, 1, 7]);
    expect(await page.getByRole('columnheader', { name: 'left' }).getAttribute('aria-sort')).toBe(
      'ascending',
    );
    await page.getByText('Narrow by value').click();
    await page.getByRole('combobox', { name: 'Value' }).selectOption('n');
    await page.getByRole('textbox', { name: 'From' }).fill('9,5');
    await page.getByRole('button', { name: 'Narrow', exact: true }).click();
    await showsRuns(page, [12, 11, 10]);
    expect(new URL(page.url()).search).toBe('?sort=left&n-min=9.5');
    await page.reload();
    await showsRuns(page, [12, 11, 10]);
    await page.getByRole('button', { name: 'Show runs with any value of n' }).click();
    await page.getByRole('button', { name: 'Failed', exact: true }).click();
    await showsRuns(page, [7]);
    await page.getByRole('button', { name: 'Stopped', exact: true }).click();
    await page.getByRole('heading', { name: 'No run matches' }).waitFor();
  });

  test('have a page each, with values, outcome, use, log and files', async () => {
    await using opened = await portal.open(`/jobs/${sweepId}/runs/`);
    const { page } = opened;
    await page.getByRole('link', { name: '7', exact: true }).click();
    await page.getByText('Exit code 1', { exact: true }).waitFor();
    await page.locator('pre', { hasText: 'this is number 7' }).waitFor();
    await page.getByRole('button', { name: 'Next run' }).click();
    await page.locator('pre', { hasText: 'this is number 8' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/jobs/${sweepId}/runs/8/`);
    await page.getByText('92', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'out.txt' }).waitFor();
    await page.getByText('Processor time').waitFor();
  });

  test('and jobs are compared side by side, first only in what differs', async () => {
    await using opened = await portal.open(`/jobs/${sweepId}/runs/`);
    const { page } = opened;
    await page.getByRole('checkbox', { name: 'Select run 2' }).check();
    await page.getByRole('checkbox', { name: 'Select run 7' }).check();
    await page.waitForURL(/sel=2.7/);
    await page.reload();
    expect(await page.getByRole('checkbox', { name: 'Select run 7' }).isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Compare' }).click();
    const variables = page.getByRole('table', { name: 'Variables' });
    await variables.getByRole('cell', { name: '7' }).waitFor();
    expect(new URL(page.url()).search).toBe(`?ids=${sweepId}.2%2C${sweepId}.7`);
    expect(await page.getByRole('table', { name: 'Definition' }).count()).toBe(0);
    await page.getByRole('switch', { name: 'Differing only' }).click();
    await page.getByRole('table', { name: 'Definition' }).getByText('jobanalyses[0].command').waitFor();

    await page.goto(`${portal.url}/compare/?ids=${sweepId},${otherId}`);
    const definition = page.getByRole('table', { name: 'Definition' });
    await definition.getByRole('cell', { name: 'another' }).waitFor();
    expect(await definition.getByRole('rowheader').allTextContents()).toContain('name');
  });

  test('the first page shows what has ended, and what waits and why', async () => {
    await using opened = await portal.open('/');
    const { page } = opened;
    const ended = page.getByRole('region', { name: 'Ended in the last 24 hours' });
    await ended.getByRole('link', { name: 'another' }).waitFor();
    expect(await ended.getByRole('link').count()).toBe(2);
    await page.getByText('None of your jobs is running.').waitFor();
    await page.getByRole('link', { name: 'Jobs', exact: true }).click();
    await page.getByRole('checkbox', { name: 'Select another' }).check();
    await page.getByRole('checkbox', { name: `Select ${HOSTILE}` }).check();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByRole('heading', { level: 1, name: 'Compare' }).waitFor();
  });
});
