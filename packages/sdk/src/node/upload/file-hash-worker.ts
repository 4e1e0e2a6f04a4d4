/** Body of the hashing thread of an upload. Nobody imports it: whoever did would take messages for somebody else's thread. */
import { parentPort } from 'node:worker_threads';
import { type HashRequest, hashWork } from './file-hash-work.ts';

const work = hashWork();
parentPort?.on('message', (request: HashRequest) => parentPort?.postMessage(work(request)));
