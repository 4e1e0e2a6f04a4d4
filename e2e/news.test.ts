import { Quarry } from '@quarry/sdk';
import { startPlatform } from '@quarry/server/testing';
import { expect, test } from 'vitest';

test('against a server, waiting and events tell the same, and the end as it comes', async () => {
  await using platform = await startPlatform();
  const client = new Quarry({ baseUrl: platform.url, apiKey: platform.apiKey });
  const definition = {
    name: 'a job',
    jobanalyses: [
      {
        analysis: { code: 'user_included', version: '0' },
        command: 'true',
        hardware: { coreType: 'quartz', coresPerSlot: 1 },
      },
    ],
  };
  const { id } = await client.jobs.create(definition);
  const told: string[] = [];
  const events = (async () => {
    for await (const event of client.jobs.events(id)) {
      if (event.type === 'status') {
        told.push(event.status.status);
      }
    }
  })();
  await client.jobs.submit(id);
  const { outcome, statuses } = await client.jobs.wait(id, { intervalMs: 3_600_000 });
  await events;
  expect(outcome).toBe('success');
  expect(told).toEqual(statuses.map(({ status }) => status).toReversed());
});
