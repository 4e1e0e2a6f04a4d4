/** What the SDK sends for storage devices. */
import { BadRequestError } from '@quarry/sdk';
import { expect, test } from 'vitest';
import { json, startDouble } from './platform-double.ts';

test('devices are created, started, listed, attached, changed and deleted', async () => {
  const device = { id: 'ScRaTc', name: 'Meshes' };
  await using platform = await startDouble(({ url, method }, response) => {
    if (url.includes('statuses') || url.includes('?')) {
      json(response, 200, { count: 1, next: null, previous: null, results: [device] });
    } else if (method === 'DELETE' || url.endsWith('/submit/')) {
      response.writeHead(method === 'DELETE' ? 204 : 200).end();
    } else {
      json(response, method === 'POST' ? 201 : 200, url.includes('/jobs/') ? { jobId: 'QkzTpb' } : device);
    }
  });
  const { storageDevices } = platform.client();
  expect(await storageDevices.create({ name: 'Meshes', storageSize: 50 })).toEqual(device);
  await storageDevices.submit('ScRaTc');
  expect(await storageDevices.list({ active: true }).all()).toEqual([device]);
  expect(await storageDevices.get('ScRaTc')).toEqual(device);
  expect((await storageDevices.statuses('ScRaTc').page()).count).toBe(1);
  expect(await storageDevices.attach('QkzTpb', 'ScRaTc')).toEqual({ jobId: 'QkzTpb' });
  await storageDevices.update('ScRaTc', { storageSize: 100 });
  await storageDevices.delete('ScRaTc');
  expect(platform.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'POST /api/v2/storage-devices/',
    'POST /api/v2/storage-devices/ScRaTc/submit/',
    'GET /api/v2/storage-devices/?active=true',
    'GET /api/v2/storage-devices/ScRaTc/',
    'GET /api/v2/storage-devices/ScRaTc/statuses/',
    'POST /api/v2/jobs/QkzTpb/storage-devices/',
    'PATCH /api/v2/storage-devices/ScRaTc/',
    'DELETE /api/v2/storage-devices/ScRaTc/',
  ]);
  const sent = platform.asked.map(({ body }) => JSON.parse(body.toString() || 'null'));
  expect(sent[0]).toEqual({ name: 'Meshes', storageSize: 50 });
  expect(sent[5]).toEqual({ storageDevice: { id: 'ScRaTc' } });
  expect(sent[6]).toEqual({ storageSize: 100 });
});

test('what lies on a device is listed, fetched, put there, copied there and removed', async () => {
  await using platform = await startDouble(({ url, method }, response) => {
    if (url.includes('directory-contents')) {
      json(response, 200, { count: 1, next: null, previous: null, results: [{ name: 'b c' }] });
    } else if (method === 'GET') {
      response.writeHead(206, { 'content-length': '3' }).end('ell');
    } else if (method === 'DELETE') {
      response.writeHead(204).end();
    } else {
      json(response, method === 'PUT' ? 201 : 200, {
        path: 'a/b c',
        sizeBytes: 5,
        files: [{ id: 'AbCdEf' }],
      });
    }
  });
  const { storageDevices } = platform.client();
  expect(await storageDevices.entries('ScRaTc', { path: 'a' }).all()).toEqual([{ name: 'b c' }]);
  expect(await storageDevices.upload('ScRaTc', 'a/b c', 'hello')).toMatchObject({ sizeBytes: 5 });
  const part = await storageDevices.download('ScRaTc', 'a/b c', { range: { start: 1, end: 3 } });
  expect(await part.text()).toBe('ell');
  await storageDevices.makeDirectory('ScRaTc', 'a/d');
  expect(await storageDevices.copyFiles('ScRaTc', ['AbCdEf'], { outputDir: 'a' })).toEqual([
    { id: 'AbCdEf' },
  ]);
  await storageDevices.remove('ScRaTc', 'a/b c');
  expect(platform.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET /api/v2/storage-devices/ScRaTc/directory-contents/?path=a',
    'PUT /api/v2/storage-devices/ScRaTc/contents/a/b%20c',
    'GET /api/v2/storage-devices/ScRaTc/contents/a/b%20c',
    'POST /api/v2/storage-devices/ScRaTc/directories/',
    'POST /api/v2/storage-devices/ScRaTc/file-downloads/',
    'DELETE /api/v2/storage-devices/ScRaTc/contents/a/b%20c',
  ]);
  expect(platform.asked[1]!.body.toString()).toBe('hello');
  await expect(storageDevices.remove('ScRaTc', '../x')).rejects.toThrow('cannot be filled');
  await storageDevices.upload('ScRaTc', 'x', 'hello', { sha512: '00ff10' });
  await storageDevices.download('ScRaTc', 'x', { digest: true, range: { start: 1, end: 3 } });
  expect(platform.asked.at(-2)!.headers['repr-digest']).toBe('sha-512=:AP8Q:');
  expect(platform.asked.at(-1)!.headers).toMatchObject({
    'want-content-digest': 'sha-512=1',
    range: 'bytes=1-3',
  });
});

test('a device that jobs have is not deleted, and the refusal names them', async () => {
  const detail = 'Jobs that have not ended have the storage device ScRaTc: QkzTpb.';
  await using platform = await startDouble((_request, response) => json(response, 400, { detail }));
  const refused = platform.client().storageDevices.delete('ScRaTc');
  await expect(refused).rejects.toThrow(BadRequestError);
  await expect(refused).rejects.toThrow('QkzTpb');
});
