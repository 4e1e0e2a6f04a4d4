import { argumentsList, defineCommand } from '../../command.ts';
import { setActive } from './set-active.ts';

export default defineCommand({
  details:
    'For administrators, and on Quarry servers only. Lets users in again who were locked out; keys of before hold again.',
  arguments: { users: argumentsList('<user...>', 'e-mail addresses or ids') },
  examples: [{ command: 'quarry users activate ann@lab.example', says: 'Ann is back' }],
  run: ({ users }, context) => setActive(users, true, context),
  present({ users }, io) {
    for (const { email } of users) {
      io.print(`User ${email} may come in again.`);
    }
  },
});
