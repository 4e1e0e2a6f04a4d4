/** Body of a hashing thread. Nobody imports it: whoever did would take messages that are for somebody else's thread. */
import { parentPort } from 'node:worker_threads';
import { type HashRequest, hashHere } from './hash-work.ts';

parentPort?.on('message', (request: HashRequest) => parentPort?.postMessage(hashHere(request)));
