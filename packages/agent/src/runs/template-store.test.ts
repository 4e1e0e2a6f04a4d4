import { expect, test } from 'vitest';
import { RunFailure } from './failure.ts';
import { StopSwitch, stoppedByUser } from './stop-switch.ts';
import { TemplateStore } from './template-store.ts';

test('a template that many runs want at once is fetched once', async () => {
  const store = new TemplateStore();
  let fetched = 0;
  const fetch = async () => {
    fetched += 1;
    return Buffer.from('plain');
  };
  const got = await Promise.all(
    Array.from({ length: 5 }, () => store.get({ sha512: 'a' }, { fetch, stop: new StopSwitch() })),
  );
  expect(new Set(got).size).toBe(1);
  expect(fetched).toBe(1);
});

test('a run that is stopped while it fetches a template does not fail the others that wait for it', async () => {
  const store = new TemplateStore();
  const stopped = new StopSwitch();
  const broken = Promise.withResolvers<Uint8Array>();
  const first = store.get({ sha512: 'a' }, { fetch: () => broken.promise, stop: stopped });
  const second = store.get(
    { sha512: 'a' },
    { fetch: async () => Buffer.from('plain'), stop: new StopSwitch() },
  );
  stopped.request(stoppedByUser(false));
  broken.reject(new RunFailure('input_unavailable', 'It was broken off.', ''));
  await expect(first).rejects.toThrow('broken off');
  expect((await second).render(new Map()).toString()).toBe('plain');
});

test('a template that cannot be read fails every run that wants it, and is fetched again later', async () => {
  const store = new TemplateStore();
  const stop = new StopSwitch();
  const bad = async () => Buffer.from(`\${`);
  const both = [
    store.get({ sha512: 'a' }, { fetch: bad, stop }),
    store.get({ sha512: 'a' }, { fetch: bad, stop }),
  ];
  await expect(Promise.allSettled(both)).resolves.toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ]);
  const good = await store.get({ sha512: 'a' }, { fetch: async () => Buffer.from('plain'), stop });
  expect(good.names).toEqual([]);
});

test('templates that were not used for longest make room for others', async () => {
  const store = new TemplateStore();
  const stop = new StopSwitch();
  const fetched: string[] = [];
  const use = (sha512: string) =>
    store.get(
      { sha512 },
      {
        fetch: async () => {
          fetched.push(sha512);
          return Buffer.alloc(25 * 1024 * 1024, 'x');
        },
        stop,
      },
    );
  for (const digest of ['a', 'b', 'a', 'c', 'a', 'b']) {
    await use(digest);
  }
  expect(fetched).toEqual(['a', 'b', 'c', 'b']);
});
