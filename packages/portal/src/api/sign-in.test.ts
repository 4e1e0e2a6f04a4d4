import { beforeEach, expect, test, vi } from 'vitest';

/** What a tab begins with: an address, what was kept of last time, and how the server answers who that is. */
function openTab(options: { hash: string; token: string | null; answer: () => Response }) {
  const kept = new Map(options.token === null ? [] : [['quarry.session', options.token]]);
  vi.resetModules();
  vi.stubGlobal('location', {
    origin: 'http://127.0.0.1:8080',
    pathname: '/sign-in/',
    search: '',
    hash: options.hash,
    reload: () => {},
  });
  vi.stubGlobal('history', { state: null, replaceState: () => {} });
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => void kept.set(name, value),
    removeItem: (name: string) => void kept.delete(name),
  });
  vi.stubGlobal('fetch', async () => options.answer());
}

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const ann = () => json(200, { id: 'ann', email: 'ann@lab.example' });

async function start() {
  const [{ codeOfLink, resumeSession }, { sessionStore }] = await Promise.all([
    import('./sign-in.ts'),
    import('./session.ts'),
  ]);
  await resumeSession();
  return { codeOfLink, session: sessionStore.get() };
}

beforeEach(() => () => vi.unstubAllGlobals());

test('a link that is opened where somebody is signed in is let go of: it must not sign in whoever signs out later', async () => {
  openTab({ hash: '#code=abc', token: 'token', answer: ann });
  const { codeOfLink, session } = await start();
  expect(session.kind).toBe('signed-in');
  expect(codeOfLink()).toBeNull();
});

test('where nobody is signed in, or not any more, it waits for being used', async () => {
  openTab({ hash: '#code=abc', token: null, answer: ann });
  expect((await start()).codeOfLink()).toBe('abc');
  openTab({ hash: '#code=abc', token: 'token', answer: () => json(401, { detail: 'It has ended.' }) });
  const { codeOfLink, session } = await start();
  expect([session.kind, codeOfLink()]).toEqual(['signed-out', 'abc']);
});

test('a server that does not say who is signed in is told of', async () => {
  openTab({
    hash: '',
    token: 'token',
    answer: () => json(403, { detail: 'This platform does not know itself so.' }),
  });
  const { session } = await start();
  expect(session).toMatchObject({
    kind: 'starting',
    error: { detail: 'This platform does not know itself so.' },
  });
});
