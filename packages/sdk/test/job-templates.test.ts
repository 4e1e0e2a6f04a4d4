import { BadRequestError } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { type Asked, json, type PlatformDouble, startDouble } from './platform-double.ts';

const body = (request: Asked | undefined) => JSON.parse(request?.body.toString() || 'null');
const lines = (platform: PlatformDouble) => platform.asked.map(({ method, url }) => `${method} ${url}`);

test('job templates are read, written and filled in under their addresses', async () => {
  await using platform = await startDouble(({ method }, response) =>
    method === 'DELETE' ? json(response, 204, undefined) : json(response, 200, { id: 'tmplAA', results: [] }),
  );
  const { jobTemplates } = platform.client();
  await jobTemplates.list({ search: 'wing', archived: true }).page();
  await jobTemplates.get('tmplAA', { version: 2 });
  await jobTemplates.create({ name: 'Wing', definition: {}, fields: [] });
  await jobTemplates.update('tmplAA', { isArchived: true });
  await jobTemplates.versions('tmplAA').page();
  await jobTemplates.preview('tmplAA', { speed: 30 }, { run: 2 });
  await jobTemplates.createJob(
    'tmplAA',
    { speed: 30 },
    { version: 2, name: 'X', submit: true, idempotencyKey: 'k' },
  );
  await jobTemplates.delete('tmplAA');
  expect(lines(platform)).toEqual([
    'GET /api/v2/job-templates/?search=wing&archived=true',
    'GET /api/v2/job-templates/tmplAA/?version=2',
    'POST /api/v2/job-templates/',
    'PATCH /api/v2/job-templates/tmplAA/',
    'GET /api/v2/job-templates/tmplAA/versions/',
    'POST /api/v2/job-templates/tmplAA/preview/',
    'POST /api/v2/job-templates/tmplAA/jobs/',
    'DELETE /api/v2/job-templates/tmplAA/',
  ]);
  expect(body(platform.asked[5])).toEqual({ values: { speed: 30 }, run: 2 });
  expect(body(platform.asked[6])).toEqual({ values: { speed: 30 }, version: 2, name: 'X', submit: true });
});

test('a value that is refused is named', async () => {
  await using platform = await startDouble((_request, response) =>
    json(response, 400, { values: { speed: ['This field is required.'] } }),
  );
  const refusal = await platform
    .client()
    .jobTemplates.preview('tmplAA', {})
    .catch((error) => error);
  expect(refusal).toBeInstanceOf(BadRequestError);
  expect(refusal.fieldErrors).toEqual([{ path: 'values.speed', message: 'This field is required.' }]);
});
