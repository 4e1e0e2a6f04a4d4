import type { FileRequest, Wanted } from '@quarry/contract';
import { expect, test } from 'vitest';
import { createAskedRunFiles } from './asked.ts';

const PLACE = {
  directory: '/runs/1',
  executedIn: '/',
  asked: { clusterId: 'cluster', number: 1, attempt: 1 },
};

/** An agent with one file, that counts what it is asked. */
function agentWith(content: Buffer) {
  const agent = {
    content,
    asked: [] as string[],
    async askOfFiles(_cluster: string, wanted: Wanted<FileRequest>) {
      agent.asked.push(wanted.kind);
      if (wanted.kind === 'look') {
        const look = { sizeBytes: agent.content.length, stamp: String(agent.content.length), identity: '1' };
        return { head: { kind: 'look' as const, path: 'x', look }, bytes: Buffer.alloc(0) };
      }
      if (wanted.kind !== 'read') {
        throw new Error(`Nobody asks for ${wanted.kind}.`);
      }
      const bytes = agent.content.subarray(wanted.position, wanted.position + wanted.bytes);
      return { head: { kind: 'read' as const, isEnd: bytes.length < wanted.bytes }, bytes };
    },
  };
  return agent;
}

const numbered = (bytes: number) =>
  Buffer.from(Uint32Array.from({ length: bytes / 4 }, (_, at) => at).buffer);

test('a file that is read in small pieces takes few questions, and none gives other bytes', async () => {
  const agent = agentWith(numbered(3_000_000));
  const file = await createAskedRunFiles(agent).open(PLACE, 'x');
  expect(await file.look()).toMatchObject({ sizeBytes: 3_000_000 });
  expect(agent.asked).toEqual(['look']);
  const pieces: Buffer[] = [];
  for (let position = 0, read = 1; read > 0; position += read) {
    const into = Buffer.alloc(32_768);
    read = await file.read(into, position);
    pieces.push(into.subarray(0, read));
  }
  expect(Buffer.concat(pieces).equals(agent.content)).toBe(true);
  expect(agent.asked.filter((kind) => kind === 'read').length).toBeLessThan(8);
});

test('what was read ahead counts no more when the file has changed, nor does its end', async () => {
  const agent = agentWith(numbered(100_000));
  const file = await createAskedRunFiles(agent).open(PLACE, 'x');
  const known = await file.look();
  const read = async (position: number, bytes: number) => {
    const into = Buffer.alloc(bytes);
    return into.subarray(0, await file.read(into, position));
  };
  expect((await read(0, 1000)).equals(agent.content.subarray(0, 1000))).toBe(true);
  expect((await read(1000, 1000)).equals(agent.content.subarray(1000, 2000))).toBe(true);
  agent.content = Buffer.concat([Buffer.alloc(100_000, 'x'), Buffer.from('more')]);
  expect(await file.look(known)).toMatchObject({ sizeBytes: 100_004 });
  expect((await read(2000, 4)).toString()).toBe('xxxx');
  expect((await read(99_998, 100)).toString()).toBe('xxmore');
  agent.content = Buffer.concat([agent.content, Buffer.from(' and more')]);
  expect((await read(100_004, 100)).toString()).toBe(' and more');
});
