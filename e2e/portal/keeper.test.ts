import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../packages/server/test/platform-harness.ts';
import { isPortalSkipped, type Portal, startPortal } from '../support/portal.ts';

const HOSTILE = '<img src=x onerror="document.title=1"> \u202Egnp.exe';
const SHOWN = HOSTILE.replace('\u202E', '[U+202E]');

describe.skipIf(isPortalSkipped)('pages of whoever keeps the platform', { timeout: 120_000 }, () => {
  let portal: Portal;
  const call = async (method: string, path: string, body?: unknown, key?: string) => {
    const answer = await portal.platform.call(method, `/api/v2/${path}`, body, key);
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return answer.body;
  };
  const job = (name: string, command: string, cores = 1, more: object = {}) => ({
    name,
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command,
        hardware: {
          coreType: cores === 1 ? 'quartz' : 'granite',
          coresPerSlot: cores,
          slots: 1,
          walltime: 1,
        },
      },
    ],
    ...more,
  });

  beforeAll(async () => {
    portal = await startPortal({ cores: 2 });
  }, 120_000);

  afterAll(async () => {
    await portal?.[Symbol.asyncDispose]();
  });

  test('say what runs, what waits and why, and let the doctor look', async () => {
    const running = await call('POST', 'jobs/', job(HOSTILE, 'sleep 300', 2));
    await call('POST', `jobs/${running.id}/submit/`);
    const waiting = await call('POST', 'jobs/', job('wing', 'true', 2));
    await call('POST', `jobs/${waiting.id}/submit/`);
    await using opened = await portal.open('/jobs/');
    const { page } = opened;
    await page.getByRole('link', { name: 'Administration' }).click();
    await page.getByText('2 of 2 in use').first().waitFor();
    const queue = page.getByRole('region', { name: 'What waits' });
    await queue.getByRole('link', { name: 'wing' }).waitFor();
    await queue.getByText(/The job needs 2 cores; 0 of 2 are free/).waitFor();

    const doctor = page.getByRole('button', { name: 'Look now' });
    await doctor.click();
    await page.getByText(/^fine database: sound/).waitFor();

    // From what is in use to the cluster of it, which ends with its job alone.
    const inUse = page.getByRole('region', { name: 'What is in use' });
    await inUse.getByRole('link', { name: SHOWN }).waitFor();
    await inUse.getByRole('link').first().click();
    await page.getByRole('heading', { level: 1, name: SHOWN }).waitFor();
    await page.getByText('It was made for this job, and ends with it').waitFor();
    const shutDown = page.getByRole('button', { name: 'Shut down' });
    expect(await shutDown.getAttribute('aria-disabled')).toBe('true');
    expect(await page.title()).not.toBe('1');

    // What it serves is reached through SSH, by a command that says so.
    await page.getByRole('link', { name: 'Reach a page that a job on it serves' }).click();
    await page.getByRole('heading', { level: 1, name: 'Notebook' }).waitFor();
    await page.getByText(`quarry jobs ssh ${running.id} -N -L 8888:localhost:8888`).waitFor();
    await page.getByRole('textbox', { name: /Port/ }).fill('9000');
    await page.getByText(`quarry jobs ssh ${running.id} -N -L 9000:localhost:9000`).waitFor();
    expect(new URL(page.url()).search).toBe('?port=9000');
    for (const { id } of [running, waiting]) {
      await call('POST', `jobs/${id}/stop/`);
    }
  });

  test('add a user, give them a link, lock them out, and find all of it in the log', async () => {
    await using opened = await portal.open('/admin/users/');
    const { page } = opened;
    await page.getByRole('textbox', { name: 'E-mail address' }).fill('ann@lab.example');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { name: 'ann@lab.example was added' }).waitFor();
    await page.getByRole('button', { name: 'Add a user' }).click();

    await page.getByRole('button', { name: 'Password link for ann@lab.example' }).click();
    const link = await page.getByRole('dialog').locator('pre').textContent();
    expect(link ?? '').toMatch(/\/sign-in\/#code=/);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

    const role = page.getByRole('combobox', { name: 'Role of ann@lab.example' });
    await role.selectOption('manager');
    await page.getByText('ann@lab.example is now: Manager of projects.').first().waitFor();

    await page.getByRole('button', { name: 'Lock out ann@lab.example' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Lock out' }).click();
    await page.getByRole('button', { name: 'Let ann@lab.example in' }).waitFor();
    const { results } = await call('GET', 'users/?search=ann@lab');
    expect(results[0]).toMatchObject({ isActive: false, role: 'manager' });

    await page.getByRole('link', { name: 'Events' }).click();
    await page.getByRole('combobox', { name: 'What', exact: true }).selectOption('link_created');
    await page.getByRole('cell', { name: 'made a link' }).waitFor();
    expect(await page.getByRole('table').getByRole('row').count()).toBe(2);
    expect(new URL(page.url()).search).toBe('?verb=link_created');
  });

  test('show mistakes in the catalogue when it is read again, and when they are mended', async () => {
    const file = join(portal.platform.dataDir, 'catalog', 'ours.toml');
    await using opened = await portal.open('/admin/catalogue/');
    const { page } = opened;
    await page.getByText('The files have no mistakes.').waitFor();
    await writeFile(file, '[[coreType]]\ncode = "ours"\ncores = "many"\n');
    await page.getByRole('button', { name: 'Read the files again' }).click();
    await page.getByRole('cell', { name: /ours\.toml:3/ }).waitFor();
    await page.getByRole('link', { name: 'System' }).click();
    await page.getByText('The catalogue has a mistake.').waitFor();
    await page.getByRole('link', { name: 'See which' }).click();
    await rm(file);
    await page.getByRole('button', { name: 'Read the files again' }).click();
    await page.getByText('The files have no mistakes.').waitFor();
  });

  test('put members into a project, and close it', async () => {
    await call('POST', 'users/', { email: 'bea@lab.example' });
    await using opened = await portal.open('/admin/projects/', { mayBeSaid: /400/ });
    const { page } = opened;
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(HOSTILE);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: `Members of ${HOSTILE}` }).click();
    await page.getByRole('textbox', { name: 'E-mail address of a user' }).fill('nobody@lab.example');
    await page.getByRole('button', { name: 'Add to the project' }).click();
    await page.getByText('There is no user "nobody@lab.example"').waitFor();
    await page.getByRole('textbox', { name: 'E-mail address of a user' }).fill('BEA@lab.example');
    await page.getByRole('button', { name: 'Add to the project' }).click();
    await page.getByRole('combobox', { name: 'Role of bea@lab.example' }).selectOption('manager');
    await until(async () => {
      const { results } = await call('GET', 'projects/');
      return results[0]?.members[0]?.role === 'manager';
    }, 'the role of a member');
    await page.getByRole('button', { name: `Close ${HOSTILE}` }).click();
    await page.getByRole('cell', { name: 'closed' }).waitFor();
  });

  test('a project tells its members what it is about, what they used and who else belongs to it', async () => {
    const { apiKey: ofMember } = await call('POST', 'users/', { email: 'cy@lab.example' });
    const { apiKey: ofManager } = await call('POST', 'users/', { email: 'dee@lab.example', role: 'manager' });
    const project = await call('POST', 'projects/', { name: `wings ${HOSTILE}`, description: 'of 2026' });
    const members = `projects/${project.id}/members/`;
    await call('POST', members, { userId: 'cy@lab.example' });
    await call('POST', members, { userId: 'dee@lab.example', role: 'manager' });
    const { id } = await call(
      'POST',
      'jobs/',
      job('flutter', 'true', 1, { projectId: project.id }),
      ofMember,
    );
    await call('POST', `jobs/${id}/submit/`, undefined, ofMember);
    await until(async () => (await call('GET', `jobs/${id}/`)).outcome === 'success', 'the end of the job');
    const name = `wings ${SHOWN}`;
    {
      await using opened = await portal.open('/', { key: ofMember });
      const { page } = opened;
      await page.getByRole('heading', { name: 'Cost this month' }).waitFor();
      await page.getByText(/core hours/).waitFor();
      await page.getByRole('link', { name: 'Projects' }).click();
      await page.getByRole('link', { name }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.getByText('What you have used in it yourself.').waitFor();
      await page.getByRole('link', { name: 'flutter' }).waitFor();
      await page.getByRole('cell', { name: 'dee@lab.example' }).waitFor();
      expect(await page.getByRole('button', { name: 'Add to the project' }).count()).toBe(0);
      await page.getByRole('link', { name: 'To the list of jobs' }).click();
      await page.getByRole('button', { name: `Show all projects, not wings ${HOSTILE} alone` }).waitFor();
      expect(new URL(page.url()).search).toBe(`?project=${project.id}`);
    }
    await using opened = await portal.open(`/projects/${project.id}/`, { key: ofManager });
    const { page } = opened;
    await page.getByText('What everybody has used in it.').waitFor();
    await page.getByRole('link', { name: 'flutter' }).waitFor();
    await page.getByRole('textbox', { name: 'E-mail address of a user' }).fill('BEA@lab.example');
    await page.getByRole('button', { name: 'Add to the project' }).click();
    await page.getByRole('combobox', { name: 'Role of bea@lab.example' }).waitFor();
    await page.getByRole('button', { name: 'Remove cy@lab.example' }).click();
    await page.getByRole('combobox', { name: 'Role of cy@lab.example' }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Use and cost of the project' }).click();
    await page.getByRole('table').getByText('cy@lab.example').waitFor();
    expect(new URL(page.url()).searchParams.get('project')).toBe(project.id);
  });

  test('are no pages for anybody else, and ask for nothing in their name', async () => {
    const { apiKey } = await call('POST', 'users/', { email: 'member@lab.example', role: 'manager' });
    await using opened = await portal.open('/jobs/', { key: apiKey });
    const { page } = opened;
    await page.getByRole('link', { name: 'Storage' }).waitFor();
    expect(await page.getByRole('link', { name: 'Administration' }).count()).toBe(0);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    for (const name of ['system', 'users', 'projects', 'catalogue', 'events']) {
      await page.goto(`${portal.url}/admin/${name}/`);
      await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
    }
    expect(
      asked.filter(
        (path) => /^\/api\/v\d\/(system|users|projects|events-log)\//.test(path) && !path.includes('/me/'),
      ),
    ).toEqual([]);
  });

  test('a storage device shows what lies on it, takes copies, and becomes larger', async () => {
    const device = await call('POST', 'storage-devices/', { name: HOSTILE, storageSize: 1 });
    const form = new FormData();
    form.append('file', new Blob(['mesh']), 'mesh.dat');
    const uploaded = await fetch(`${portal.url}/api/v2/files/contents/`, {
      method: 'POST',
      headers: { authorization: `Token ${portal.platform.apiKey}` },
      body: form,
    });
    expect(uploaded.status).toBe(201);
    await using opened = await portal.open(`/storage/${device.id}/`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Start it' }).click();
    await page.getByText('Nothing lies here.').waitFor();
    await call('POST', `storage-devices/${device.id}/directories/`, { path: 'a b/<c>' });
    await page.reload();
    await page.getByRole('link', { name: 'a b/' }).click();
    await page.getByRole('link', { name: '<c>/' }).click();
    await page.getByText('Nothing lies here.').waitFor();
    await page.getByRole('checkbox', { name: 'Copy mesh.dat' }).check();
    await page.getByRole('button', { name: 'Copy 1 here' }).click();
    await page.getByRole('cell', { name: 'mesh.dat', exact: true }).waitFor();
    const waited = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download mesh.dat' }).click();
    expect((await waited).suggestedFilename()).toBe('mesh.dat');
    await page.getByRole('button', { name: 'Remove mesh.dat' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Nothing lies here.').waitFor();
    await page.getByRole('textbox', { name: 'Another size, in GB' }).fill('1,5');
    await page.getByRole('button', { name: 'Change the size' }).click();
    await page.getByText(/of 1\.61 GB/).waitFor();
  });

  test('a persistent cluster is started and shut down, with a word on the jobs that end with it', async () => {
    const cluster = await call('POST', 'clusters/', {
      name: 'ours',
      hardware: { coreType: 'quartz', coresPerSlot: 1, slots: 1, walltime: 1 },
    });
    await using opened = await portal.open(`/clusters/${cluster.id}/`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText('Started', { exact: true }).first().waitFor();
    const onIt = await call('POST', 'jobs/', job('on it', 'sleep 300', 1, { clusterId: cluster.id }));
    await call('POST', `jobs/${onIt.id}/submit/`);
    await page.getByRole('link', { name: 'on it', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Shut down' }).click();
    await page
      .getByRole('dialog')
      .getByText(/only the logs are kept: 1/)
      .waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Shut down' }).click();
    await page.getByText('Stopped', { exact: true }).first().waitFor();
  });
});
