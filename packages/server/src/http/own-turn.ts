import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Resolves when all answers before this one on its connection have been sent, to true, or to false when the connection
 * is gone. Requests that a client sends without waiting for answers (RFC 9112, 9.3.2) would else be worked on at the
 * same time, each with memory and an open file that can only wait.
 */
export async function ownTurn(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  if (response.socket !== null) {
    return true;
  }
  // One listener for each request that waits, which may be hundreds.
  request.socket.setMaxListeners(0);
  const turn = Promise.withResolvers<boolean>();
  const onTurn = () => turn.resolve(true);
  const onGone = () => turn.resolve(false);
  response.once('socket', onTurn);
  request.socket.once('close', onGone);
  if (request.socket.destroyed) {
    onGone();
  }
  const isOurs = await turn.promise;
  response.off('socket', onTurn);
  request.socket.off('close', onGone);
  return isOurs;
}
