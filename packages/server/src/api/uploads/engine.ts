/**
 * The tus protocol as `@tus/server` knows it, on top of the file store. The library moves bytes through web streams and
 * three Node streams, which costs more processor time than everything else about an upload. So it gets the
 * headers of a request alone: what a request is about, its bytes among it, travels beside it (`Exchange`), and the bytes
 * go from the socket to the store.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { Server } from '@tus/server';
import { newId } from '../../ids.ts';
import { bodyBytes } from './body-bytes.ts';
import type { UploadsContext } from './context.ts';
import { asProblem } from './engine-errors.ts';
import { takenOver } from './part-locks.ts';
import type { Exchange, TusEngine } from './tus-engine.ts';
import { TusStore } from './tus-store.ts';

/** The headers of the protocol; others would be checked by rules of the library's own. */
const TUS_HEADERS = [
  'tus-resumable',
  'upload-length',
  'upload-defer-length',
  'upload-metadata',
  'upload-offset',
  'upload-concat',
  'content-type',
  'content-length',
];
const BASE = 'http://platform/files/uploads';

/** Makes the engine; one serves all requests. */
export function createEngine(context: UploadsContext): TusEngine {
  const exchanges = new AsyncLocalStorage<Exchange>();
  const current = () => exchanges.getStore()!;
  const failures = new WeakMap<Request, unknown>();
  const server = new Server({
    path: '/files/uploads',
    datastore: new TusStore(context, current),
    // The library's own way to ask a request to yield ends a stream that carries no bytes here.
    locker: {
      newLock: (id) => {
        const { stop } = current();
        const lock = context.locks.newLock(id);
        return { lock: (signal) => lock.lock(signal, () => stop(takenOver())), unlock: () => lock.unlock() };
      },
    },
    maxSize: context.uploadBytes,
    namingFunction: () => newId(),
    generateUrl: (_request, { id }) => {
      const { baseUrl, version } = current().call;
      return `${baseUrl}/api/${version}/files/uploads/${id}/`;
    },
    onResponseError: (request, error) => {
      failures.set(request, error);
      return { status_code: 500, body: 'said in other words' };
    },
  });

  return {
    async serve(call, id, { length, partials = null } = {}) {
      const headers = new Headers();
      for (const name of TUS_HEADERS) {
        const value = call.headers[name];
        if (value !== undefined && value !== '') {
          headers.set(name, String(value));
        }
      }
      if (length !== undefined) {
        headers.set('upload-length', String(length));
      }
      const stopping = new AbortController();
      const stop = (reason: unknown) => stopping.abort(reason);
      const exchange: Exchange = {
        call,
        bytes: bodyBytes(call.stream, stop),
        signal: stopping.signal,
        stop,
        partials,
        upload: null,
      };
      const request = new Request(id === null ? BASE : `${BASE}/${id}`, { method: call.method, headers });
      const response = await exchanges.run(exchange, () => server.handleWeb(request));
      if (response.status >= 400) {
        throw asProblem(response, await response.text(), failures.get(request), context.uploadBytes);
      }
      return {
        status: response.status,
        headers: ownHeaders(response.headers),
        upload: exchange.upload,
      };
    },
  };
}

/** Who may read answers from other origins is decided for the whole API, not by the library. */
function ownHeaders(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name]) => !name.startsWith('access-control-') && name !== 'content-length'),
  );
}
