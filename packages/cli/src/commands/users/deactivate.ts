import { argumentsList, defineCommand } from '../../command.ts';
import { setActive } from './set-active.ts';

export default defineCommand({
  details:
    'For administrators, and on Quarry servers only. Locks users out at once: their keys and sessions are refused, and their jobs go on.',
  arguments: { users: argumentsList('<user...>', 'e-mail addresses or ids') },
  examples: [{ command: 'quarry users deactivate ann@lab.example', says: 'Ann has left' }],
  run: ({ users }, context) => setActive(users, false, context),
  present({ users }, io) {
    for (const { email } of users) {
      io.print(`User ${email} is locked out.`);
    }
  },
});
