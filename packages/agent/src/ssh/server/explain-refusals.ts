import type { Connection } from 'ssh2';

/** What ssh2 refuses by itself: channels of kinds that nobody here listens to, such as `direct-streamlocal@openssh.com`. */
const OTHER_CHANNELS =
  'A login has sessions, and connections to ports at localhost that a process of the job listens on, and nothing else.';

interface Protocol {
  channelOpenFail(recipient: number, reason: number, description?: string): void;
}

/**
 * Has a client told why it is refused a channel: the protocol has a field for it, which ssh2 leaves empty. The answer calls a
 * refusal with its words.
 */
export function explainRefusals(client: Connection): (words: string, reject: () => void) => void {
  const protocol = (client as unknown as { _protocol: Protocol })._protocol;
  const refuse = protocol.channelOpenFail.bind(protocol);
  let words = OTHER_CHANNELS;
  protocol.channelOpenFail = (recipient, reason) => refuse(recipient, reason, words);
  return (why, reject) => {
    words = why;
    reject();
    words = OTHER_CHANNELS;
  };
}
