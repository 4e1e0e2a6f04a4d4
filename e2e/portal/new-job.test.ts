import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PLATFORM_VARIABLES } from '../../packages/portal/src/forms/job/environment.ts';
import {
  countAtStart,
  GENERATORS,
  type GeneratorName,
} from '../../packages/portal/src/forms/job/variables/generators.ts';
import { newVariable, withDesign } from '../../packages/portal/src/forms/job/variables/variables.ts';
import { logOf } from '../../packages/server/test/platform-harness.ts';
import { isPortalSkipped, type Portal, startPortal } from '../support/portal.ts';

/** Pages are loaded while others compile. */
const SOON = { timeout: 30_000 };

describe.skipIf(isPortalSkipped)('the form of a job, as people use it', { timeout: 120_000 }, () => {
  let portal: Portal;

  beforeAll(async () => {
    portal = await startPortal();
  }, 120_000);

  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  async function saveJob(name: string, change: object = {}) {
    const created = await portal.platform.call('POST', '/api/v2/jobs/', {
      name,
      tags: ['wing'],
      jobanalyses: [
        {
          analysis: { code: 'user_included', version: '0' },
          command: 'cat in || true',
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 2, walltime: 1 },
        },
      ],
      ...change,
    });
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    return created.body.id as string;
  }

  /** The editor shows the lines in sight only; a text field has them all. */
  const asPlainText = (page: Page) => page.getByRole('button', { name: 'As plain text' }).click();
  const name = (page: Page) => page.getByRole('textbox', { name: 'Name', exact: true }).last();
  const definitionOf = async (id: string) => (await portal.platform.call('GET', `/api/v2/jobs/${id}/`)).body;
  const json = async (page: Page) =>
    JSON.parse(await page.getByRole('textbox', { name: 'The job as JSON' }).inputValue());

  test('what was begun stays when another job is copied, when its address is opened in another tab, and over a reload', async () => {
    const original = await saveJob('original');
    await using opened = await portal.open('/jobs/new/');
    const { page } = opened;
    await asPlainText(page);
    await name(page).fill('begun first');
    await page.waitForURL(/draft=/);
    const first = page.url();

    await page.goto(`${portal.url}/jobs/${original}/`);
    await page.getByRole('button', { name: 'Clone and edit' }).click();
    await page.getByRole('heading', { level: 1, name: 'New job', exact: true }).waitFor();
    await expect.poll(() => name(page).inputValue(), SOON).toBe('Copy of original');
    expect(page.url()).not.toBe(first);
    expect(await json(page)).toMatchObject({ clonedFrom: original, tags: ['wing'] });

    // Two tabs at the same draft see what the other one types; neither loses anything.
    const other = await page.context().newPage();
    await other.goto(first);
    await expect.poll(() => name(other).inputValue(), SOON).toBe('begun first');
    await page.goto(first);
    await name(other).fill('typed there');
    await expect.poll(() => name(page).inputValue(), SOON).toBe('typed there');
    await name(page).fill('typed here');
    await expect.poll(() => name(other).inputValue(), SOON).toBe('typed here');
    await other.close();

    await page.goto(`${portal.url}/jobs/new/`);
    await page.getByRole('link', { name: 'Copy of original' }).waitFor();
    await page.getByRole('link', { name: 'typed here' }).click();
    await page.getByText('This is what you had begun.').waitFor();
    const text = page.getByRole('textbox', { name: 'The job as JSON' });
    await text.fill('{ "name": "half a');
    await page.reload();
    expect(await text.inputValue()).toBe('{ "name": "half a');
    expect(await name(page).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Back to what the form says' }).click();
    expect(await name(page).inputValue()).toBe('typed here');
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await page.waitForURL((url) => url.search === '');
    await page.goto(first);
    await page.getByText('is not in this browser any more').waitFor();
  });

  test('a form that was left gets the file that was on its way, and says so', async () => {
    await using opened = await portal.open('/jobs/new/', { mayBeSaid: /net::ERR/ });
    const { page } = opened;
    await asPlainText(page);
    await name(page).fill('left alone');
    await page.waitForURL(/draft=/);
    const draft = page.url();
    let letGo = () => {};
    const isHeld = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route('**/api/v2/files/**', async (route) => {
      await isHeld;
      await route.continue();
    });
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'slow.dat', mimeType: 'text/plain', buffer: Buffer.from('slow\n') });
    await page.getByText('is being uploaded').waitFor();
    const submit = page.getByRole('button', { name: 'Submit', exact: true });
    expect(await submit.getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('link', { name: 'Hardware' }).click();
    await page.getByRole('heading', { level: 1, name: 'Hardware', exact: true }).waitFor();
    letGo();
    await page.getByText('slow.dat is an input of “left alone” now').first().waitFor();
    await page.unroute('**/api/v2/files/**');
    await page.goto(draft);
    await page.getByRole('listitem').filter({ hasText: 'slow.dat' }).first().waitFor();
    expect((await json(page)).jobanalyses[0].inputFiles).toHaveLength(1);

    await page.route('**/api/v2/files/**', () => {});
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'never.dat', mimeType: 'text/plain', buffer: Buffer.from('never\n') });
    await page.getByText('is being uploaded').waitFor();
    page.on('dialog', (dialog) => void dialog.accept());
    await page.reload();
    await page.getByText('is not sent by this page').waitFor();
    await page.getByRole('button', { name: 'Take away never.dat' }).click();
    await page.getByText('is not sent by this page').waitFor({ state: 'detached' });
  });

  test('a sweep is set up by names that its template asks for, seen in each run, and its rendered files are the same', async () => {
    await using opened = await portal.open('/jobs/new/', { mayBeSaid: /400/ });
    const { page } = opened;
    await name(page).fill('sweep by hand');
    await page.getByRole('combobox', { name: 'Software' }).click();
    await page.getByRole('option', { name: 'Bring Your Own Software', exact: true }).click();
    const command = page.getByRole('textbox', { name: 'Command' });
    await command.fill('cat case/in; env; echo $slots_per');
    const offered = page.getByRole('group', { name: 'Variables that the command may name' });
    await offered.getByRole('button', { name: 'RESCALE_SLOTS_PER_NODE' }).click();
    await expect.poll(() => command.inputValue()).toBe('cat case/in; env; echo $RESCALE_SLOTS_PER_NODE');
    await offered.waitFor({ state: 'detached' });
    await page.getByRole('radio', { name: 'Quartz' }).click();
    await page
      .locator('input[type=file]')
      .nth(1)
      .setInputFiles({
        name: 'in.tmpl',
        mimeType: 'text/plain',
        buffer: Buffer.from('speed = ${speed}\nangle = ${angle?string("0.00")}\n'),
      });
    await page.getByRole('textbox', { name: 'in.tmpl becomes' }).fill('case/in');
    // The server would refuse it, with the place; the names are offered.
    await page
      .getByText(/Line 1, column/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Add speed' }).click();
    await page.getByRole('button', { name: 'Add angle' }).click();
    const speed = page.getByRole('group', { name: 'Variable speed' });
    await speed.getByRole('textbox', { name: 'To' }).fill('30');
    await speed.getByRole('textbox', { name: 'Count' }).fill('3');
    const angle = page.getByRole('group', { name: 'Variable angle' });
    await angle.getByRole('combobox', { name: 'Values' }).selectOption('Values');
    await angle.getByRole('textbox', { name: 'Values' }).fill('2,5; 4');
    await page.getByText('speed (3) × angle (2)').waitFor();
    await page.getByText('6 runs', { exact: false }).first().waitFor();

    const result = page.getByRole('region', { name: /In run .*: case\/in/ });
    await result.getByText('speed = 0').waitFor();
    await page.getByRole('slider', { name: 'Run that is shown' }).focus();
    await page.keyboard.press('End');
    await page.waitForURL(/run=6/);
    await result.getByText('speed = 30').waitFor();
    expect(await result.locator('mark').allTextContents()).toEqual(['30', '4.00']);

    await speed.getByRole('textbox', { name: 'Count' }).fill('1001');
    await page.getByText('speed (1,001) × angle (2)').waitFor();
    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Submit it so?' });
    await question.getByText(/stands for 2,002 runs, for \$\d.* about 2,002 rounds/).waitFor();
    await question.getByRole('button', { name: 'Cancel' }).click();
    // Where there are fewer runs than the one that is shown, the first is.
    await speed.getByRole('textbox', { name: 'Count' }).fill('2');
    await page.waitForURL((url) => !url.searchParams.has('run'));
    await page.getByRole('region', { name: 'In run 1: case/in' }).getByText('speed = 0').waitFor();
    await speed.getByRole('textbox', { name: 'Count' }).fill('many');
    await speed.getByText('A finite number is required.').waitFor();
    await speed.getByRole('textbox', { name: 'Count' }).fill('3');
    await page.getByText('speed (3) × angle (2)').waitFor();

    await page.getByRole('button', { name: 'Submit', exact: true }).click();
    await question.getByText(/336 h count/).waitFor();
    await question.getByRole('button', { name: 'Submit it' }).click();
    await page.getByRole('heading', { level: 1, name: 'sweep by hand', exact: true }).waitFor();
    const id = new URL(page.url()).pathname.split('/')[2]!;
    await expect.poll(async () => (await definitionOf(id)).status, { timeout: 60_000 }).toBe('Completed');
    const log = await portal.platform.call('GET', `/api/v2/jobs/${id}/runs/6/`);
    expect(log.body.outcome).toBe('success');
    // What is offered is there.
    const printed = (await logOf(portal.platform, id)).join('\n');
    for (const each of PLATFORM_VARIABLES) {
      expect(printed).toContain(` ${each}=`);
    }
  });

  test('rows of a spreadsheet are pasted as a table, kept over a reload, and become the runs of the job', async () => {
    const id = await saveJob('by a table');
    await using opened = await portal.open(`/jobs/${id}/edit/`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Take values from a table' }).click();
    await page.getByRole('textbox', { name: 'Name of column 1' }).waitFor();
    await page.evaluate(`{
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', 'v\\tangle\\n0,5\\t2\\n1\\t4\\n');
      const pasted = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      document.querySelector('[aria-label="Name of column 1"]').dispatchEvent(pasted);
    }`);
    const cell = page.getByRole('textbox', { name: 'v, row 1' });
    await expect.poll(() => cell.inputValue(), SOON).toBe('0.5');
    await page.reload();
    await expect.poll(() => cell.inputValue(), SOON).toBe('0.5');
    const save = page.getByRole('button', { name: 'Save', exact: true });
    expect(await save.getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('button', { name: 'Use this table' }).click();
    await page.getByText('v, angle (2)').waitFor();
    await save.click();
    await page.getByRole('heading', { level: 1, name: 'by a table', exact: true }).waitFor();
    const saved = await definitionOf(id);
    expect(saved.paramFile.name).toBe('parameters.csv');
    expect(saved.jobvariables.map((each: { name: string }) => each.name)).toEqual(['v', 'angle']);
  });

  test('JSON is completed from the description of the API, and marked where the server refuses it', async () => {
    await using opened = await portal.open('/jobs/new/', { mayBeSaid: /400/ });
    const { page } = opened;
    const editor = page.locator('.cm-content');
    await editor.focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('"isLow');
    // By Enter as well, but not in the moment after they have appeared: whoever typed on meant a new line.
    const option = page.getByRole('option', { name: '"isLowPriority"' });
    await expect
      .poll(async () => {
        const text = (await editor.textContent()) ?? '';
        if (!text.includes('"isLowPriority"')) {
          // The list may just be made anew.
          await option.dispatchEvent('mousedown', undefined, { timeout: 2000 }).catch(() => undefined);
        }
        return text;
      }, SOON)
      .toContain('"isLowPriority"');
    await page.keyboard.type(',');
    await page.getByRole('checkbox', { name: /Low priority/, checked: true }).waitFor();
    // Tab leaves it, as it leaves every field.
    await page.keyboard.press('Tab');
    expect(await editor.evaluate('document.activeElement.closest(".cm-editor") === null')).toBe(true);

    await asPlainText(page);
    const tooMany = {
      name: 'by JSON',
      jobanalyses: [
        {
          analysis: { code: 'user_included' },
          command: 'true',
          hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 200_000, walltime: 1 },
        },
      ],
    };
    await page.getByRole('textbox', { name: 'The job as JSON' }).fill(JSON.stringify(tooMany, null, 2));
    await page.getByRole('button', { name: 'With completion and marks' }).click();
    await page.locator('.cm-lintRange-error', { hasText: '"slots"' }).waitFor();
  });

  test('who types before the editor of JSON is there goes on typing in it', async () => {
    await using opened = await portal.open('/jobs/');
    const { page } = opened;
    const { promise: wanted, resolve: bring } = Promise.withResolvers<void>();
    await page.route('**/assets/code-mirror-*.js', async (route) => {
      await wanted;
      await route.continue();
    });
    await page.goto(`${portal.url}/jobs/new/`);
    await page.getByRole('textbox', { name: 'The job as JSON' }).focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('"isLow');
    bring();
    await page.locator('.cm-content').waitFor();
    await page.keyboard.type('Priority": true,');
    await page.getByRole('checkbox', { name: /Low priority/, checked: true }).waitFor();
  });

  test('each design that the form offers is one that the server plans, with as many runs as the form says', async () => {
    const variables = ['x', 'y', 'z'].map((each) => newVariable([], each));
    for (const generator of Object.keys(GENERATORS) as GeneratorName[]) {
      const jobvariables = withDesign(variables, generator);
      const isRandom = GENERATORS[generator].sample === 'random';
      const { status, body } = await portal.platform.call('POST', '/api/v2/jobs/preview/', {
        definition: {
          name: generator,
          jobvariables,
          ...(isRandom && { monteCarloIterations: 5 }),
          jobanalyses: [
            {
              analysis: { code: 'user_included', version: '0' },
              command: 'true',
              hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
            },
          ],
        },
      });
      expect(status, `${generator}: ${JSON.stringify(body)}`).toBe(200);
      const count = countAtStart(generator, variables.length);
      expect(count ?? body.runs.count, generator).toBe(body.runs.count);
    }
  });

  test('a saved job is edited where it is, and not when it was changed elsewhere', async () => {
    const id = await saveJob('to be edited', { description: 'goes', includeNominalRun: false });
    await using opened = await portal.open(`/jobs/${id}/`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'Edit to be edited', exact: true }).waitFor();
    await asPlainText(page);
    await name(page).fill('edited');
    const text = page.getByRole('textbox', { name: 'The job as JSON' });
    const { description, ...rest } = JSON.parse(await text.inputValue());
    expect(description).toBe('goes');
    await text.fill(JSON.stringify(rest));
    await page.reload();
    await expect.poll(() => name(page).inputValue(), SOON).toBe('edited');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'edited', exact: true }).waitFor();
    expect(await definitionOf(id)).toMatchObject({ name: 'edited', description: '' });

    // A draft knows what it began from, over a reload and a change of somebody else.
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await name(page).fill('mine');
    await portal.platform.call('PATCH', `/api/v2/jobs/${id}/`, { name: 'meanwhile' });
    await page.reload();
    await expect.poll(() => name(page).inputValue(), SOON).toBe('mine');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The job was changed elsewhere').waitFor();
    expect((await definitionOf(id)).name).toBe('meanwhile');
    await page.getByRole('button', { name: 'Discard', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('heading', { level: 1, name: 'meanwhile', exact: true }).waitFor();

    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await expect.poll(() => name(page).inputValue(), SOON).toBe('meanwhile');
    await name(page).fill('mine');
    await portal.platform.call('PATCH', `/api/v2/jobs/${id}/`, { name: 'theirs' });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('The job was changed elsewhere').waitFor();
    expect((await definitionOf(id)).name).toBe('theirs');
    await portal.platform.call('POST', `/api/v2/jobs/${id}/submit/`);
    await page.goto(`${portal.url}/jobs/${id}/edit/`);
    await page.getByText('Only a saved job can be edited').waitFor();
  });
});
