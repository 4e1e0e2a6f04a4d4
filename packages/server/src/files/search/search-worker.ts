/** A thread that searches blocks of a file, one after another. Messages: see search-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { expressionOf, searchBlock, type Wish } from './search-block.ts';

const expression = expressionOf(workerData as Wish);
parentPort!.on('message', ({ block, limit }: { block: Uint8Array<ArrayBuffer>; limit: number }) => {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  const found = searchBlock(expression, bytes, limit);
  parentPort!.postMessage({ found, block }, [block.buffer]);
});
