import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isPortalSkipped, type Portal, startPortal, tryNow, untilTrue } from '../support/portal.ts';

const HOSTILE = '<img src=x onerror="document.title=1"> \u202Egnp.exe & \'quotes\'';
/** What is seen of it: a mark that turned it around would have people take one kind of file for another. */
const SHOWN = HOSTILE.replace('\u202E', '[U+202E]');

describe.skipIf(isPortalSkipped)('the portal, as people use it', { timeout: 120_000 }, () => {
  let portal: Portal;

  beforeAll(async () => {
    portal = await startPortal();
  }, 120_000);

  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  /** Saves a job with a single command, and submits it unless told otherwise. */
  async function makeJob(name: string, command: string, options: { submit?: boolean; key?: string } = {}) {
    const { platform } = portal;
    const definition = {
      name,
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command,
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
        },
      ],
    };
    const created = await platform.call('POST', '/api/v2/jobs/', definition, options.key);
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    if (options.submit !== false) {
      const submitted = await platform.call(
        'POST',
        `/api/v2/jobs/${created.body.id}/submit/`,
        undefined,
        options.key,
      );
      expect(submitted.status).toBe(200);
    }
    return created.body.id as string;
  }

  const state = (page: Page, name: string) =>
    page.getByRole('main').locator('[data-state]', { hasText: name }).first();

  test('who has no session signs in, is told what is wrong with a key, and comes to the page that was wanted', async () => {
    const jobId = await makeJob('wanted', 'true', { submit: false });
    await using opened = await portal.open(`/jobs/${jobId}/`, { key: null, mayBeSaid: /401/ });
    const { page } = opened;
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('Paste an API key.').waitFor();
    await page.getByRole('textbox', { name: 'API key' }).fill('qry_nonsense');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').waitFor();

    await page.getByRole('textbox', { name: 'API key' }).fill(portal.platform.apiKey);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'wanted' }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/jobs/${jobId}/`);
    const kept = await page.evaluate('JSON.stringify(localStorage) + document.cookie');
    expect(kept).not.toContain(portal.platform.apiKey);

    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
  });

  test('a link signs in once, and sets a password that signs in from then on', async () => {
    const { platform } = portal;
    const { body: user } = await platform.call('POST', '/api/v2/users/', { email: 'ann@lab.example' });
    const { body: link } = await platform.call('POST', `/api/v2/users/${user.id}/password-link/`);
    const path = link.url.slice(new URL(link.url).origin.length);
    const password = 'a long enough one, 7 words';
    await using opened = await portal.open(path, { key: null, mayBeSaid: /40[013]/ });
    const { page } = opened;
    await page.getByRole('textbox', { name: 'A new password' }).fill(password);
    expect(page.url()).not.toContain('code');
    await page.getByRole('button', { name: 'Set it and sign in' }).click();
    await page.getByRole('heading', { name: 'No job yet' }).waitFor();

    await using again = await portal.open(path, { key: null, mayBeSaid: /40[013]/ });
    await again.page.getByText(/The link does not sign you in/).waitFor();
    await again.page.getByRole('button', { name: 'E-mail and password' }).click();
    await again.page.getByRole('textbox', { name: 'E-mail address' }).fill('ann@lab.example');
    await again.page.getByRole('textbox', { name: 'Password' }).fill(password);
    await again.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await again.page.getByRole('heading', { name: 'No job yet' }).waitFor();
  });

  test('a job is submitted, followed to its end without a reload, and its result is downloaded', async () => {
    const jobId = await makeJob(
      'wing',
      'echo "a,b" > table.csv; echo "1,2" >> table.csv; sleep 1; echo done',
      {
        submit: false,
      },
    );
    await using opened = await portal.open('/jobs/');
    const { page } = opened;
    await page.getByRole('link', { name: 'wing' }).click();
    await page.getByRole('heading', { level: 1, name: 'wing' }).waitFor();
    await state(page, 'Saved').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('H1');
    await page.getByRole('button', { name: 'Submit' }).click();
    await state(page, 'Succeeded').waitFor({ timeout: 60_000 });

    await page.getByRole('link', { name: 'Log', exact: true }).click();
    await page
      .getByRole('region', { name: /Lines of the log/ })
      .getByText('Exited with code 0')
      .waitFor();
    await page.getByRole('link', { name: 'Results', exact: true }).click();
    await page.getByRole('button', { name: 'table.csv' }).click();
    await page.getByRole('columnheader', { name: 'a', exact: true }).waitFor();
    expect(new URL(page.url()).search).toBe('?path=table.csv');

    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    const saved = await download;
    expect(saved.suggestedFilename()).toBe('table.csv');
    expect(await readFile((await saved.path())!, 'utf8')).toBe('a,b\n1,2\n');
    expect(jobId).toMatch(/^\w+$/);
  });

  test('a job that failed says why on its first screen, with the end of its log', async () => {
    await makeJob('pipe flow', 'echo starting; echo "FATAL in cell 4711" >&2; exit 3');
    await using opened = await portal.open('/jobs/');
    const { page } = opened;
    await page.getByRole('link', { name: 'pipe flow' }).click();
    await page.getByRole('heading', { name: 'Why it failed' }).waitFor({ timeout: 60_000 });
    await page.getByText('exit code 3').first().waitFor();
    const lines = page.locator('pre', { hasText: 'FATAL in cell 4711' });
    await lines.waitFor();
    expect((await lines.boundingBox())!.y).toBeLessThan(800);
    await page.getByRole('link', { name: 'Open the log' }).click();
    await page
      .getByRole('region', { name: /Lines of the log/ })
      .getByText('Exited with code 3')
      .waitFor();
  });

  test('the log of a job that runs is followed, searched and wrapped by keys', async () => {
    const jobId = await makeJob(
      'long',
      'seq -f "line %06g of many" 1 40000; echo needle; for i in $(seq 1 600); do echo "step $i"; sleep 0.2; done',
    );
    await using opened = await portal.open(`/jobs/${jobId}/log/`);
    const { page } = opened;
    await page.getByText('step 3', { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByText('step 6', { exact: true }).waitFor();
    await page.keyboard.press('g');
    await page.getByText('line 000001 of many').waitFor();
    await page.getByRole('textbox', { name: 'Search in the log' }).fill('LINE 03999');
    await page.keyboard.press('Enter');
    await page.locator('mark', { hasText: 'line 03999' }).first().waitFor();
    await page.getByRole('region', { name: /Lines of the log/ }).focus();
    await page.keyboard.press('n');
    await page.keyboard.press('w');
    await untilTrue(page, "new URLSearchParams(location.search).get('wrap') === '1'");
    expect(await page.locator('[data-wrapped]').count()).toBeLessThan(120);
    await page.keyboard.press('Shift+G');
    await page.getByText('Following the end').waitFor();

    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await state(page, 'Stopped').waitFor({ timeout: 60_000 });
  });

  test('jobs are found, selected and stopped by the keyboard alone', async () => {
    const ids = await Promise.all(['keys one', 'keys two'].map((name) => makeJob(name, 'sleep 300')));
    await using opened = await portal.open('/jobs/');
    const { page } = opened;
    await page.getByRole('link', { name: 'keys one' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('keys');
    await page.getByText('2 jobs').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: /keys/ }).first().focus();
    await page.keyboard.press('x');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText('2 selected').first().waitFor();
    await page.keyboard.press('s');
    await page.getByRole('dialog', { name: 'Stop 2 jobs?' }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).press('Enter');
    for (const id of ids) {
      await expect
        .poll(async () => (await portal.platform.call('GET', `/api/v2/jobs/${id}/`)).body.outcome, {
          timeout: 60_000,
        })
        .toBe('stopped');
    }
    await page.locator('[data-state="stopped"]').nth(1).waitFor();
    await page.getByRole('button', { name: 'Ended 2' }).click();
    await page.getByText('2 jobs').waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  });

  test('names with markup and marks that turn text around are shown and do nothing', async () => {
    const jobId = await makeJob(
      HOSTILE,
      `echo x > '${'n'.repeat(200)}.txt'; echo '<script>document.title=1</script>' > page.html`,
    );
    await using opened = await portal.open('/jobs/');
    const { page } = opened;
    await page.getByRole('link', { name: SHOWN }).first().click();
    // The list that was left may have one that has succeeded.
    await page.getByRole('heading', { level: 1, name: SHOWN }).waitFor();
    await state(page, 'Succeeded').waitFor({ timeout: 60_000 });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(SHOWN);
    await page.goto(`${portal.url}/jobs/${jobId}/results/?path=page.html`);
    await page.getByText('<script>document.title=1</script>').waitFor();
    expect(await page.title()).toContain('Quarry');
    expect(await page.locator('main img, main script, main iframe').count()).toBe(0);
  });

  test('what belongs to somebody else looks like what is not there', async () => {
    const jobId = await makeJob('private', 'true', { submit: false });
    const stranger = await portal.platform.call('POST', '/api/v2/users/', { email: 'stranger@lab.example' });
    await using opened = await portal.open('/jobs/', { key: stranger.body.apiKey, mayBeSaid: /404/ });
    const { page } = opened;
    await page.getByRole('heading', { name: 'No job yet' }).waitFor();
    await page.goto(`${portal.url}/jobs/${jobId}/`);
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    await page.goto(`${portal.url}/trash/`);
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
  });

  test('while the server is away what was read stays, actions say why they are off, and it comes back by itself', async () => {
    const jobId = await makeJob('while away', 'true', { submit: false });
    await using opened = await portal.open(`/jobs/${jobId}/`, {
      mayBeSaid: /Failed to load resource|net::ERR/,
    });
    const { page } = opened;
    await page.getByRole('button', { name: 'Submit' }).waitFor();
    await portal.platform.kill();
    await page.getByText('The server does not answer.').first().waitFor({ timeout: 30_000 });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('while away');
    const submit = page.getByRole('button', { name: 'Submit' });
    expect(await submit.getAttribute('aria-disabled')).toBe('true');
    await submit.hover();
    await page.getByRole('tooltip', { name: /does not answer/ }).waitFor();

    await portal.platform.restart();
    await tryNow(page);
    await submit.click();
    await state(page, 'Succeeded').waitFor({ timeout: 60_000 });
  });

  test('a job is set up by hand, corrected in the words of the server, and its copied JSON is taken by the API', async () => {
    await using opened = await portal.open('/jobs/', { mayBeSaid: /400/ });
    const { page } = opened;
    await page.getByRole('button', { name: 'New job' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('by hand');
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles({
        name: 'in.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('from the input\n'),
      });
    await page.getByRole('combobox', { name: 'Software' }).click();
    await page.getByRole('option', { name: 'Bring Your Own Software', exact: true }).click();
    await page.getByRole('textbox', { name: 'Command' }).fill('cat in.txt');
    await page.getByText('in.txt: uploaded and verified').waitFor();
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page
      .getByText(/coreType/)
      .first()
      .waitFor();
    await page.getByRole('radio', { name: 'Quartz' }).click();
    await page.getByRole('textbox', { name: 'Longest time in hours' }).fill('1');
    await page.getByRole('heading', { name: 'What it will be' }).waitFor();
    await page.getByText('1 core x 1 slot x 1 h x 0.04 USD per core hour').waitFor();
    await page.getByText('1 run', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'As plain text' }).click();
    const json = page.getByRole('textbox', { name: 'The job as JSON' });
    const document = JSON.parse(await json.inputValue());
    expect(document.jobanalyses[0]).toMatchObject({
      command: 'cat in.txt',
      hardware: { coreType: 'quartz' },
    });
    await json.fill('{ "name": ');
    await page.getByText(/the form stays as it was/).waitFor();
    expect(await page.getByRole('textbox', { name: 'Command' }).inputValue()).toBe('cat in.txt');
    await json.fill(JSON.stringify({ ...document, name: 'by hand and JSON', description: 'kept' }));
    expect(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe(
      'by hand and JSON',
    );
    await page.getByText('Not in the form, and kept: description').waitFor();

    await page.reload();
    await page.getByText('This is what you had begun.').waitFor();
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'by hand and JSON' }).waitFor();
    await state(page, 'Succeeded').waitFor({ timeout: 60_000 });

    await page.getByRole('link', { name: 'Definition' }).click();
    const copied = await page.getByRole('textbox', { name: 'The definition of the job' }).inputValue();
    const again = await portal.platform.call('POST', '/api/v2/jobs/', JSON.parse(copied));
    expect(again.status, JSON.stringify(again.body)).toBe(201);
    expect(again.body.jobanalyses[0].inputFiles).toHaveLength(1);
  });

  test('a file is uploaded, found, shown and deleted', async () => {
    await using opened = await portal.open('/files/');
    const { page } = opened;
    const bytes = Buffer.alloc(17 * 1024 * 1024, 'mesh ');
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'mesh.inp', mimeType: 'text/plain', buffer: bytes });
    await page.getByText('mesh.inp: uploaded and verified').waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'mesh.inp' }).click();
    await page.getByText('mesh mesh mesh').first().waitFor();
    await page.goBack();
    await page.getByRole('button', { name: 'Delete: mesh.inp' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('mesh.inp was deleted.').first().waitFor();
    await page.getByRole('link', { name: 'mesh.inp' }).waitFor({ state: 'detached' });
  });

  test('a key is made, works, is shown once and revoked', async () => {
    await using opened = await portal.open('/user/settings/api-key/');
    const { page } = opened;
    await page.getByRole('textbox', { name: 'What it is for' }).fill('laptop');
    await page.getByRole('button', { name: 'Make the key' }).click();
    const key = await page.locator('pre', { hasText: /^qry_/ }).textContent();
    expect((await portal.platform.call('GET', '/api/v2/users/me/', undefined, key)).status).toBe(200);
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: 'Make the key' }).waitFor();
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Revoke laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Revoke laptop' }).waitFor({ state: 'detached' });
    expect((await portal.platform.call('GET', '/api/v2/users/me/', undefined, key)).status).toBe(401);
  });

  test('how pages look is chosen once, for every browser of somebody', async () => {
    const appearance = '/user/settings/appearance/';
    await using opened = await portal.open(appearance);
    await opened.page.getByRole('radio', { name: 'Dark' }).click();
    await opened.page.getByRole('radio', { name: /^Roomy/ }).click();
    await expect
      .poll(async () => (await portal.platform.call('GET', '/api/v2/users/me/preferences/')).body)
      .toMatchObject({ theme: 'dark', rows: 'roomy' });
    await using elsewhere = await portal.open(appearance);
    await elsewhere.page.locator('[data-mantine-color-scheme="dark"][data-rows="roomy"]').waitFor();
    await elsewhere.page.getByRole('radio', { name: /^Compact/ }).click();
    await elsewhere.page.locator('[data-rows="compact"]').waitFor();
    await elsewhere.page.reload();
    await elsewhere.page.locator('[data-mantine-color-scheme="dark"][data-rows="compact"]').waitFor();
  });
});
