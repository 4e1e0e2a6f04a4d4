import type { ServerResponse } from 'node:http';
import { type FileEvent, InvalidResponseError, NotFoundError } from '@quarry/sdk';
import { describe, expect, test } from 'vitest';
import { type Answer, json, startDouble } from './platform-double.ts';

const PATH = '/api/v2/jobs/abcDEF/runs/1/tail/a/b%20c.log';
const data = (start: number, text: string) =>
  `id: ${start + Buffer.byteLength(text)}-ABCDEFGH\nevent: data\ndata: ${JSON.stringify({ start, text })}\n\n`;
const waiting = 'event: waiting\ndata: {"code":"not_found","message":"There is no file yet."}\n\n';
const restart = 'id: 0\nevent: restart\ndata: {"reason":"truncated","message":"Again."}\n\n';
const end = 'event: end\ndata: {"outcome":"success","failure":null,"exitCode":0,"sizeBytes":6}\n\n';

function begin(response: ServerResponse): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  return response;
}

async function all(events: AsyncIterable<FileEvent>): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    switch (event.type) {
      case 'data':
        seen.push(`${event.start}:${Buffer.from(event.bytes).toString('latin1')}`);
        break;
      case 'restart':
        seen.push(event.reason);
        break;
      case 'waiting':
        seen.push(event.message);
        break;
      case 'end':
        seen.push(`${event.outcome} ${event.sizeBytes}`);
    }
  }
  return seen;
}

describe('jobs.followFile', () => {
  test('gives bytes as they come, text or not, and the end; the beginning is asked for', async () => {
    await using platform = await startDouble((_request, response) => {
      begin(response).end(
        `retry: 1000\n\n${waiting}${data(0, 'é\n')}event: data\ndata: {"start":3,"base64":"/wD+"}\n\n${end}`,
      );
    });
    const { jobs } = platform.client();
    expect(await all(jobs.followFile('abcDEF', '1', 'a/b c.log', { lines: 5 }))).toEqual([
      ...['There is no file yet.', '0:\xc3\xa9\n', '3:\xff\x00\xfe', 'success 6'],
    ]);
    expect(platform.asked.map(({ url }) => url)).toEqual([`${PATH}?follow=1&lines=5`]);
  });

  test('goes on where a connection broke, with what the last event said, and tells nothing twice', async () => {
    const answers: Answer[] = [
      (_request, response) => void begin(response).end(waiting),
      (_request, response) => {
        begin(response).write(waiting + data(0, 'one'));
        setImmediate(() => response.destroy());
      },
      (_request, response) => json(response, 503, { detail: 'Restarting.' }),
      (_request, response) => void begin(response).end(`${restart}${data(0, 'new')}id: 9\nevent: da`),
      (_request, response) => void begin(response).end(data(3, 'end') + end),
    ];
    await using platform = await startDouble((request, response, count) =>
      answers[count]!(request, response, count),
    );
    expect(await all(platform.client().jobs.followFile('abcDEF', '1', 'a/b c.log'))).toEqual([
      ...['There is no file yet.', '0:one', 'truncated', '0:new', '3:end', 'success 6'],
    ]);
    expect(platform.asked.map(({ headers }) => headers['last-event-id'])).toEqual([
      ...[undefined, undefined, '3-ABCDEFGH', '3-ABCDEFGH', '3-ABCDEFGH'],
    ]);
  });

  test('what is refused is refused, what is no stream is said to be none, and an abort ends it', async () => {
    await using platform = await startDouble((request, response) => {
      if (request.url.includes('nobody')) {
        json(response, 404, { detail: 'Not found.' });
      } else if (request.url.includes('other')) {
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end('the whole file');
      } else {
        begin(response).write(data(0, 'one'));
      }
    });
    const { jobs } = platform.client();
    await expect(all(jobs.followFile('nobody', '1', 'x'))).rejects.toThrow(NotFoundError);
    // A platform that does not know `follow` sends the file.
    await expect(all(jobs.followFile('other', '1', 'x'))).rejects.toThrow(InvalidResponseError);
    const leaving = new AbortController();
    const watched = (async () => {
      for await (const _event of jobs.followFile('abcDEF', '1', 'x', { signal: leaving.signal })) {
        leaving.abort('enough');
      }
    })();
    await expect(watched).rejects.toBe('enough');
  });
});
