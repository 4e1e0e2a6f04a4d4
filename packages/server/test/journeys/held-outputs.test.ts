/** A job hands an open, writable descriptor of its output to a process that lives on, and others have the same bytes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { canServeAs, type Platform, startPlatform } from '../../testing/start-platform.ts';
import { sha512Of } from '../../testing/suites/blobs.ts';
import { addUser, definition, runJob, uploadFile } from '../platform-harness.ts';

const NOBODY = 65_534;

const HOLDER = `
import os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind('\\0' + sys.argv[1])
server.listen()
print('listening')
held = []
def receive():
    connection, _ = server.accept()
    _, fds, _, _ = socket.recv_fds(connection, 1, 1)
    held.append(fds[0])
    connection.sendall(b'k')
for line in sys.stdin:
    if line == 'receive\\n': receive()
    else:
        for fd in held: os.fchmod(fd, 0o666); os.pwrite(fd, b'EVIL', 0)
    print('done')
`;

/** A command that writes its result and gives away a descriptor of it. */
const give = (address: string, bytes: string) => `python3 - <<'PY'
import os, socket
fd = os.open('result.dat', os.O_RDWR | os.O_CREAT, 0o666)
os.write(fd, b'${bytes}')
peer = socket.socket(socket.AF_UNIX)
peer.connect('\\0${address}')
socket.send_fds(peer, [b'x'], [fd])
peer.recv(1)
PY`;

/** A process on the host that holds what jobs give it. */
async function startHolder(address: string) {
  const child: ChildProcess = spawn('python3', ['-u', '-c', HOLDER, address], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  await lines.next();
  return {
    say: (line: string) => child.stdin!.write(`${line}\n`),
    heard: () => lines.next(),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

/** The bytes of the file of a job, or of one by its id, as its owner gets them. */
async function textOf(platform: Platform, fileId: string, key: string): Promise<string> {
  const response = await fetch(new URL(`/api/v2/files/${fileId}/contents/`, platform.url), {
    headers: { authorization: `Token ${key}` },
  });
  return response.text();
}

async function resultOf(platform: Platform, jobId: string, key: string): Promise<string> {
  const { body } = await platform.call(
    'GET',
    `/api/v2/jobs/${jobId}/files/?search=result.dat`,
    undefined,
    key,
  );
  return body.results[0].id;
}

describe.each([
  ['for root', undefined],
  ['for an ordinary user', NOBODY],
])('an output that is held open by another process, %s', (_who, user) => {
  test.skipIf(user !== undefined && !canServeAs(user))(
    'is not what others have with the same bytes, whichever way they came by them',
    async () => {
      await using platform = await startPlatform({
        ...{ cores: 4, sandbox: 'off' },
        ...(user === undefined ? {} : { user }),
      });
      const address = `quarry-held-${randomUUID()}`;
      await using holder = await startHolder(address);
      const attacker = await addUser(platform, 'attacker@example.com');
      const victim = await addUser(platform, 'victim@example.com');
      const known = async (bytes: string, key: string): Promise<string> => {
        const file = { name: 'known.dat', sizeBytes: bytes.length, sha512: sha512Of(Buffer.from(bytes)) };
        const answer = await platform.call('POST', '/api/v2/files/by-digest/', { files: [file] }, key);
        return answer.body.results[0].file.id;
      };
      const ways: Array<[bytes: string, key: string, come: (bytes: string) => Promise<string>]> = [
        [
          'C'.repeat(60),
          victim.key,
          async (bytes) => {
            const job = await runJob(platform, definition(`printf ${bytes} > result.dat`), victim.key);
            return await resultOf(platform, job.id, victim.key);
          },
        ],
        [
          'D'.repeat(60),
          victim.key,
          async (bytes) => (await uploadFile(platform, 'uploaded.dat', bytes, victim.key)).id,
        ],
        ['E'.repeat(60), attacker.key, (bytes) => known(bytes, attacker.key)],
      ];
      for (const [bytes, key, come] of ways) {
        holder.say('receive');
        const job = await runJob(platform, definition(give(address, bytes)), attacker.key);
        await holder.heard();
        expect(job).toMatchObject({ outcome: 'success' });
        const own = await resultOf(platform, job.id, attacker.key);
        const theirs = await come(bytes);
        holder.say('change');
        await holder.heard();
        expect(await textOf(platform, theirs, key)).toBe(bytes);
        expect(await textOf(platform, own, attacker.key)).toBe(bytes);
      }
    },
  );
});
