/** The log of a run, by its lines and by what stands in them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reach, submitJob, until } from '../../packages/server/test/platform-harness.ts';
import { isPortalSkipped, type Portal, startPortal } from '../support/portal.ts';

/** So many that the beginning is too far from the end to be counted from. */
const LINES = 100_000;

describe.skipIf(isPortalSkipped)('the log of a run', { timeout: 120_000 }, () => {
  let portal: Portal;
  let jobId: string;

  const job = (command: string) => ({
    name: 'a log',
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command,
        hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
      },
    ],
  });

  beforeAll(async () => {
    portal = await startPortal();
    jobId = await submitJob(portal.platform, job(`seq -f 'Step %.0f' ${LINES}; echo the end`));
    await reach(portal.platform, jobId, 'Completed');
  }, 180_000);
  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  test('has exact numbers far from its beginning, and an address for each line', async () => {
    await using opened = await portal.open(`/jobs/${jobId}/log/`);
    const { page } = opened;
    const lines = page.getByRole('region', { name: /Lines of the log/ });
    await lines.getByText('Step 1', { exact: true }).waitFor();
    const first = await lines.locator('[data-number]').first().getAttribute('data-number');
    expect(first).toBe('1');
    // Where a step stands is where it stands in the file.
    const { body } = await portal.platform.call(
      'GET',
      `/api/v2/jobs/${jobId}/runs/1/find/process_output.log?q=${encodeURIComponent('Step 99999')}`,
    );
    const { line } = body.matches[0] as { line: number };
    await page.getByRole('textbox', { name: 'Go to line' }).fill(String(line));
    await page.getByRole('textbox', { name: 'Go to line' }).press('Enter');
    await lines.locator('[data-marked]', { hasText: 'Step 99999' }).waitFor();
    expect(new URL(page.url()).searchParams.get('line')).toBe(String(line));
    // The same for whoever gets the address.
    await page.reload();
    await lines.locator('[data-marked]', { hasText: 'Step 99999' }).waitFor();
    await lines.locator(`[data-number="${line - 1}"]`).click();
    await lines.locator('[data-marked]', { hasText: 'Step 99998' }).waitFor();
    expect(new URL(page.url()).searchParams.get('line')).toBe(String(line - 1));
  });

  test('is searched for regular expressions, onwards and back, and says what is none', async () => {
    await using opened = await portal.open(`/jobs/${jobId}/log/`, { mayBeSaid: /400/ });
    const { page } = opened;
    const lines = page.getByRole('region', { name: /Lines of the log/ });
    await lines.getByText('Step 1', { exact: true }).waitFor();
    const search = page.getByRole('textbox', { name: 'Search in the log' });
    await page.getByRole('checkbox', { name: 'Regular expression' }).check();
    await search.fill('Step (50000|99990)$');
    const match = (text: string) => lines.locator('[data-match]', { hasText: text });
    await search.press('Enter');
    await match('Step 50000').waitFor();
    await search.press('Enter');
    await match('Step 99990').waitFor();
    await search.press('Shift+Enter');
    await match('Step 50000').waitFor();
    await page.getByRole('button', { name: 'Previous match' }).click();
    await page.getByText('No further match in this direction.').waitFor();
    const { searchParams } = new URL(page.url());
    expect([searchParams.get('q'), searchParams.get('re')]).toEqual(['Step (50000|99990)$', '1']);
    await search.fill('Step (');
    await search.press('Enter');
    await page.getByRole('alert').getByText('This is no regular expression').waitFor();
  });

  test('is searched while it is written', async () => {
    const { platform } = portal;
    const id = await submitJob(
      platform,
      job('echo begun; for i in $(seq 600); do echo "tick $i"; sleep 0.1; done'),
    );
    await reach(platform, id, 'Executing');
    await using opened = await portal.open(`/jobs/${id}/log/`);
    const { page } = opened;
    const lines = page.getByRole('region', { name: /Lines of the log/ });
    await lines
      .getByText(/^tick \d+$/)
      .first()
      .waitFor();
    const search = page.getByRole('textbox', { name: 'Search in the log' });
    await search.fill('begun');
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await search.press('Enter');
    await lines.locator('[data-match]', { hasText: 'begun' }).waitFor();

    // Among the results of its run it goes on, too.
    await page.goto(`${portal.url}/jobs/${id}/results/?path=process_output.log&view=text`);
    const newest = async () => Number(/tick (\d+)\D*$/.exec((await lines.textContent()) ?? '')?.[1] ?? 0);
    await expect.poll(newest, { timeout: 30_000 }).toBeGreaterThan(0);
    const before = await newest();
    await expect.poll(newest, { timeout: 30_000 }).toBeGreaterThan(before + 5);
    await platform.call('POST', `/api/v2/jobs/${id}/stop/`);
    await until(
      async () => (await platform.call('GET', `/api/v2/jobs/${id}/`)).body.status === 'Completed',
      'the end',
    );
  });
});
