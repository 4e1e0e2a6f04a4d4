/**
 * `main.ts <host key> <user>` serves the SSH connections of a cluster, which its agent hands over one by one. It has no way to the
 * jobs but to ask the agent for a session; it dies with the agent, and its sessions with it, since their pipes end.
 */
import type { Socket } from 'node:net';
import { readHostKey } from '../host-key.ts';
import type { FromServer, ToServer } from '../messages.ts';
import { Agent } from './agent.ts';
import { SshServer } from './ssh-server.ts';

const [hostKeyPath, username] = process.argv.slice(2);
const agent = new Agent((message: FromServer) => process.send!(message));
const server = new SshServer({ hostKey: readHostKey(hostKeyPath!), username: username!, agent });

process.on('message', (message: ToServer, socket?: Socket) => {
  if (message.kind === 'connection') {
    server.take(message, socket);
  } else {
    agent.hear(message);
  }
});
process.on('disconnect', () => process.exit());
