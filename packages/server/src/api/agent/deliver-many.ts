import { hash } from 'node:crypto';
import {
  type Deliverable,
  deliverMany as endpoint,
  MAX_DELIVERIES,
  MAX_DELIVERY_BATCH_BYTES,
} from '@quarry/contract';
import { z } from 'zod';
import type { Deliveries, SmallDelivery } from '../../deliveries/deliveries.ts';
import { route } from '../../http/route.ts';
import { refused, tooLarge } from '../../problems.ts';
import { takingIn } from './taking-in.ts';

/** Of the line that says what follows: as long as it can be. */
const HEAD_BYTES = MAX_DELIVERIES * 200;
const LINE_FEED = 10;

const head = z
  .array(z.object({ sha512: z.string().regex(/^[0-9a-f]{128}$/), sizeBytes: z.int().nonnegative() }))
  .max(MAX_DELIVERIES);

export const deliverMany = (deliveries: Deliveries) =>
  route(endpoint, async (call) => {
    const files = await takingIn(call, async (by, bytes) =>
      deliveries.takeMany(by, divide(await readAll(bytes))),
    );
    return { files };
  });

async function readAll(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > HEAD_BYTES + MAX_DELIVERY_BATCH_BYTES) {
      throw tooLarge(
        `A batch has at most ${MAX_DELIVERY_BATCH_BYTES} bytes of files.`,
        'Bring larger files one by one.',
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** The files of a batch, with what their bytes have for a digest. */
function divide(batch: Buffer): SmallDelivery[] {
  const end = batch.indexOf(LINE_FEED);
  let position = end + 1;
  const files = readHead(batch.toString('utf8', 0, Math.max(0, end))).map(({ sha512, sizeBytes }) => {
    const bytes = batch.subarray(position, position + sizeBytes);
    position += sizeBytes;
    return { sha512, sizeBytes, bytes, actualSha512: hash('sha512', bytes, 'hex') };
  });
  if (position !== batch.length) {
    throw malformed(`its files have ${position - end - 1} bytes, and ${batch.length - end - 1} came`);
  }
  return files;
}

function readHead(line: string): Deliverable[] {
  try {
    return head.parse(JSON.parse(line));
  } catch (cause) {
    throw malformed('it does not begin with a line that says what it holds', cause);
  }
}

function malformed(why: string, cause?: unknown) {
  return refused(`This is no batch of files: ${why}.`, {
    code: 'malformed_batch',
    hint: 'Send a line of JSON and behind it the bytes of the files that it lists.',
    cause,
  });
}
