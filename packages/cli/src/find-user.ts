import type { ManagedUser } from '@quarry/sdk';
import type { PlatformContext } from './command.ts';
import { CliError } from './errors.ts';
import { EXIT } from './exit-codes.ts';

/** The user with this id or e-mail address, upper or lower case; for administrators, who alone may list users. */
export async function findUser(
  named: string,
  { sdk, signal }: Pick<PlatformContext, 'sdk' | 'signal'>,
): Promise<ManagedUser> {
  const search = named.includes('@') ? { search: named } : {};
  for await (const each of sdk.admin.listUsers({ page_size: 100, ...search }, { signal })) {
    if (each.id === named || each.email.toLowerCase() === named.toLowerCase()) {
      return each;
    }
  }
  throw new CliError(`There is no user ${named}.`, {
    code: 'no_user',
    hint: '`quarry users list` shows all of them.',
    exitCode: EXIT.notFound,
  });
}
