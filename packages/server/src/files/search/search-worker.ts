/** A thread that searches blocks of a file, one after another. Messages: see search-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { type BlockPart, expressionOf, searchBlock, type Wish } from './search-block.ts';

const expression = expressionOf(workerData as Wish);
parentPort!.on('message', ({ block, part }: { block: Uint8Array<ArrayBuffer>; part: BlockPart }) => {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const found = searchBlock(expression, bytes, part);
  parentPort!.postMessage({ found, block }, [block.buffer]);
});
