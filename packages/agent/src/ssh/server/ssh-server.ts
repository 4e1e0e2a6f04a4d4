/** The connections that the agent hands over, each by a server of its own, which is the part of ssh2 that knows the protocol. */
import type { Socket } from 'node:net';
import ssh2, { type Connection } from 'ssh2';
import { SSH_KEEP_ALIVE_MS, SSH_LOGIN_MS } from '../../limits.ts';
import type { Agent } from './agent.ts';
import { explainRefusals } from './explain-refusals.ts';
import { Forwards } from './forwards.ts';
import { LoginAttempt, parseKeys } from './login.ts';
import { SessionRequests } from './session-requests.ts';

/** What OpenSSH 7 and all later clients have in common, without what is weak. Compression would let little become much. */
const ALGORITHMS = {
  kex: [
    ...(['curve25519-sha256', 'curve25519-sha256@libssh.org', 'ecdh-sha2-nistp256'] as const),
    ...(['ecdh-sha2-nistp384', 'ecdh-sha2-nistp521', 'diffie-hellman-group14-sha256'] as const),
  ],
  cipher: [
    ...(['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'] as const),
    ...(['aes128-ctr', 'aes192-ctr', 'aes256-ctr'] as const),
  ],
  hmac: [
    ...(['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com'] as const),
    ...(['hmac-sha2-256', 'hmac-sha2-512'] as const),
  ],
  compress: ['none' as const],
};

export interface SshServerOptions {
  /** In the form of OpenSSH. */
  hostKey: string;
  username: string;
  agent: Agent;
}

export class SshServer {
  readonly #options: SshServerOptions;

  constructor(options: SshServerOptions) {
    this.#options = options;
  }

  /** Takes a connection over; `socket` is undefined when its other side has gone meanwhile. */
  take(
    { connection, keys }: { connection: number; keys: readonly string[] },
    socket: Socket | undefined,
  ): void {
    const { agent, hostKey, username } = this.#options;
    if (socket === undefined) {
      agent.closed(connection);
      return;
    }
    agent.taken(connection);
    const end = () => socket.destroy();
    const gone = new AbortController();
    const login = new LoginAttempt({ username, keys: parseKeys(keys) });
    const overdue = setTimeout(end, SSH_LOGIN_MS);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(overdue);
      gone.abort();
      agent.closed(connection, login.refused);
    });
    socket.setKeepAlive(true, SSH_KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    const server = new ssh2.Server({ hostKeys: [hostKey], ident: 'Quarry', algorithms: ALGORITHMS });
    server.on('connection', (client) => {
      client.on('ready', () => {
        clearTimeout(overdue);
        agent.loggedIn(connection, login.fingerprint);
      });
      this.#serve(client, login, { end, gone: gone.signal });
    });
    // Read it must not be yet: ssh2 listens once its cipher is compiled, and what was read before that would be lost.
    server.injectSocket(socket);
  }

  #serve(
    client: Connection,
    login: LoginAttempt,
    { end, gone }: { end: () => void; gone: AbortSignal },
  ): void {
    const { agent } = this.#options;
    // What the other side does wrong ends its connection, of which the socket tells.
    client.on('error', end);
    client.on('authentication', (context) => login.answer(context, end));
    const requests = new SessionRequests(agent, gone);
    const forwards = new Forwards(agent, gone);
    const because = explainRefusals(client);
    // What nobody listens to, ssh2 refuses: X11, agent forwarding, ports and sockets of ours, file transfers by itself.
    client.on('session', (accept, reject) => requests.take(accept, (words) => because(words, reject)));
    client.on('tcpip', (accept, reject, { destIP: host, destPort: port }) => {
      void forwards.take({ host, port }, accept, (words) => because(words, reject));
    });
  }
}
