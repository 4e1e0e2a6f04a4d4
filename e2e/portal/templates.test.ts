import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addUser, reach, type Someone } from '../../packages/server/test/platform-harness.ts';
import { isPortalSkipped, type Portal, startPortal, untilTrue } from '../support/portal.ts';

const tile = (command: string) => ({
  analysis: { code: 'user_included', version: '0' },
  command,
  hardware: { coreType: 'quartz', coresPerSlot: 1 },
});
const TEMPLATE = {
  name: 'Greeting <b>of</b> many',
  description: 'Says hello.',
  fields: [
    { name: 'greeting', label: 'Greeting', type: 'text', max: 50, help: 'What is said.' },
    { name: 'times', label: 'How often', type: 'integer', min: 1, max: 3, default: 2, unit: 'times' },
    {
      name: 'tone',
      label: 'Tone',
      type: 'choice',
      options: [{ value: 'loud', label: 'Loud' }, 'quiet'],
      default: 'quiet',
    },
    { name: 'letter', label: 'Letter', type: 'file', required: false },
  ],
  definition: {
    name: 'Greeting',
    jobanalyses: [tile('for i in $(seq "$times"); do echo "$greeting ($tone)"; done; ls')],
  },
};

describe.skipIf(isPortalSkipped)('forms and selections in the portal', { timeout: 120_000 }, () => {
  let portal: Portal;
  let member: Someone;

  beforeAll(async () => {
    portal = await startPortal();
    member = await addUser(portal.platform, 'member@lab.example');
  }, 120_000);

  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  test('a keeper writes a form, sees it beside its JSON, and is told of what is wrong', async () => {
    await using opened = await portal.open('/admin/templates/', { mayBeSaid: /400/ });
    const { page } = opened;
    await page.getByRole('heading', { name: 'No job template yet' }).waitFor();
    await page.getByRole('button', { name: 'New template' }).click();
    const json = page.getByRole('textbox', { name: 'The template as JSON' });
    await json.fill(JSON.stringify({ ...TEMPLATE, fields: [{ ...TEMPLATE.fields[1], default: 9 }] }));
    await page.getByRole('textbox', { name: 'How often' }).waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page
      .getByRole('alert')
      .getByText(/fields\[0\]\.default/)
      .waitFor();

    await json.fill(JSON.stringify(TEMPLATE));
    await page.reload();
    // What was typed is there again.
    await page.getByRole('textbox', { name: 'Greeting' }).waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: TEMPLATE.name }).waitFor();
    await page.getByText('Version 1 by').first().waitFor();

    await json.fill((await json.inputValue()).replace('Says hello.', 'Says hello again.'));
    await page.getByRole('button', { name: 'Save as a new version' }).click();
    await page.getByRole('link', { name: 'Version 1', exact: true }).click();
    await page.getByText(/This is version 1; the newest is 2/).waitFor();
    expect(await json.inputValue()).toContain('Says hello.');

    // What is typed while somebody else saves a version stays, and says what it began with.
    const id = new URL(page.url()).searchParams.get('id')!;
    await page.goto(`${portal.url}/admin/templates/?id=${id}`);
    const typed = (await json.inputValue()).replace('Says hello again.', 'Says what I say.');
    await json.fill(typed);
    const theirs = { version: 2, description: 'Says what they say.' };
    const saved = await portal.platform.call('PATCH', `/api/v2/job-templates/${id}/`, theirs);
    expect(saved.status).toBe(200);
    await page.reload();
    await page.getByText('Version 3 has been saved since you began with version 2.').waitFor();
    expect(await json.inputValue()).toBe(typed);
    const save = page.getByRole('button', { name: 'Save as a new version' });
    expect(await save.getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('link', { name: 'Look at version 3' }).click();
    await untilTrue(page, "document.querySelector('textarea')?.value.includes('what they say')");
    await page.goBack();
    await page.getByRole('button', { name: 'Go on with mine' }).click();
    await save.click();
    await page.getByText('Version 4 by').first().waitFor();
    expect(await json.inputValue()).toBe(typed);
  });

  test('a form is filled in, shows its script, and becomes a job or a free one', async () => {
    await using opened = await portal.open('/jobs/new/', { key: member.key, mayBeSaid: /400/ });
    const { page } = opened;
    await page.getByRole('button', { name: 'From a form' }).click();
    await page.getByRole('link', { name: TEMPLATE.name }).click();
    await page.getByRole('heading', { level: 1, name: TEMPLATE.name }).waitFor();
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByText('This field is required.').waitFor();
    await page.getByRole('textbox', { name: 'Greeting' }).fill(`it's "me"; exit 1`);
    const script = page.getByRole('region', { name: /What is executed/ });
    await script.getByText(`export greeting='it'\\''s "me"; exit 1'`).waitFor();
    await page.getByRole('textbox', { name: 'How often' }).fill('9');
    await page.getByText('less than or equal to 3').waitFor();
    await page.getByRole('textbox', { name: 'How often' }).fill('3');
    await page.getByRole('combobox', { name: 'Tone' }).selectOption('Loud');
    await page.getByRole('textbox', { name: 'Name of the job' }).fill('To be named');
    const form = page.url();
    let letGo = () => {};
    const isHeld = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route('**/api/v2/files/**', async (route) => {
      await isHeld;
      await route.continue();
    });
    await page.locator('input[type=file]').setInputFiles({
      name: 'letter.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('Dear all'),
    });
    await page.getByText('is being uploaded').waitFor();
    // The form is left while the file is on its way, and has it all the same.
    await page.getByRole('link', { name: 'Hardware' }).click();
    await page.getByRole('heading', { level: 1, name: 'Hardware', exact: true }).waitFor();
    letGo();
    await page.getByText(`letter.txt is in the form “${TEMPLATE.name}” now`).first().waitFor();
    await page.unroute('**/api/v2/files/**');
    await page.goto(form);
    await page.getByRole('button', { name: 'Take away letter.txt' }).waitFor();
    expect(await page.getByRole('textbox', { name: 'Name of the job' }).inputValue()).toBe('To be named');
    await script.getByText('export times=3').waitFor();

    await page.getByRole('button', { name: 'Open as a free job' }).click();
    await page.getByRole('heading', { level: 1, name: 'New job' }).waitFor();
    const json = page.getByRole('textbox', { name: 'The job as JSON' });
    await page.getByRole('button', { name: 'As plain text' }).click();
    expect(JSON.parse(await json.inputValue())).toMatchObject({
      name: 'Greeting',
      jobanalyses: [{ envVars: { times: '3', tone: 'loud' }, inputFiles: [{}] }],
    });
    await page.goBack();
    // What was filled in is there again.
    await page.getByRole('button', { name: 'Take away letter.txt' }).waitFor();
    await script.getByText('export tone=loud').waitFor();
    await page.getByRole('textbox', { name: 'Name of the job' }).fill('Hello');
    await page.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('heading', { level: 1, name: 'Hello' }).waitFor();
    const [, jobId] = /\/jobs\/(\w+)\//.exec(page.url())!;
    await reach(portal.platform, jobId!, 'Completed');
    const { body: job } = await portal.platform.call('GET', `/api/v2/jobs/${jobId}/`);
    expect([job.outcome, job.jobTemplate.version]).toEqual(['success', 4]);
  });

  test('a selection stands in the address, and one job that cannot be deleted keeps no other', async () => {
    const { platform } = portal;
    const { body } = await platform.call('POST', '/api/v2/jobs/bulk/', {
      jobs: ['one', 'two', 'three'].map((name) => ({
        name: `select ${name}`,
        jobanalyses: [tile('sleep 300')],
      })),
    });
    const [one, two, three] = body.jobs.map(({ id }: { id: string }) => id);
    await platform.call('POST', `/api/v2/jobs/${three}/submit/`);
    await reach(platform, three, 'Executing');
    await using opened = await portal.open(`/jobs/?q=select&sel=${one}.${two}`);
    const { page } = opened;
    await page.getByText('2 selected').first().waitFor();
    expect(await page.getByRole('checkbox', { name: 'Select select one' }).isChecked()).toBe(true);
    await page.getByRole('button', { name: 'Tag', exact: true }).click();
    await page.getByRole('textbox', { name: 'Tag' }).fill('chosen');
    await page.getByRole('button', { name: 'Give the tag' }).click();
    await page.getByText('The tags of 2 jobs were changed.').first().waitFor();
    expect((await platform.call('GET', '/api/v2/jobs/?tag=chosen')).body.count).toBe(2);

    await page.getByRole('button', { name: 'Select all 3 that match' }).click();
    await untilTrue(page, "new URLSearchParams(location.search).get('sel') === 'all'");
    // Of what the page knows to be running nothing is asked: an address may select what it does not know.
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('dialog', { name: 'Delete 2 jobs?' }).waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.goto(`${portal.url}/jobs/?q=nothing&sel=${[one, two, three].join('.')}`);
    await page.getByText('3 selected').first().waitFor();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page
      .getByRole('dialog', { name: 'Delete 3 jobs?' })
      .getByRole('button', { name: 'Delete' })
      .click();
    await page
      .getByText(/under way \(Executing\) and cannot be deleted/)
      .first()
      .waitFor();
    await untilTrue(page, `new URLSearchParams(location.search).get('sel') === '${three}'`);
    const left = await platform.call('GET', '/api/v2/jobs/?search=select');
    expect(left.body.results.map(({ id }: { id: string }) => id)).toEqual([three]);
    await platform.call('POST', `/api/v2/jobs/${three}/stop/`);
  });
});
