import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

const examples = JSON.parse(
  readFileSync(new URL('../../contract/fixtures/examples/v2.json', import.meta.url), 'utf8'),
);

test('how the platform is, its doctor and its catalogue are asked for where they are', async () => {
  const answers: Record<string, { status: number; body: unknown }> = {
    'GET /api/v2/system/': { status: 200, body: examples.getSystem.response },
    'POST /api/v2/system/doctor/': { status: 202, body: examples.runDoctor.response },
    'GET /api/v2/system/doctor/': { status: 200, body: examples.getDoctorRun.response },
    'POST /api/v2/system/catalogue/': { status: 200, body: examples.rereadCatalogue.response },
  };
  await using platform = await startDouble(({ method, url }, response) => {
    const { status, body } = answers[`${method} ${url}`] ?? { status: 404, body: {} };
    json(response, status, body);
  });
  const { admin } = platform.client();
  const state = await admin.system();
  expect(state.queue.entries[0]?.waiting?.position).toBe(1);
  expect((await admin.runDoctor()).state).toBe('running');
  expect((await admin.doctorRun()).checks.map(({ status }) => status)).toEqual(['ok', 'warning']);
  expect((await admin.rereadCatalogue()).problems[0]).toMatchObject({ line: 14 });
  expect(platform.asked.map(({ method, url }) => `${method} ${url}`)).toEqual(Object.keys(answers));
});
