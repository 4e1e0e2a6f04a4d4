import { discardRunDirectory } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { discardDirectory } from '../../jobs/verbs/discard.ts';
import type { JobsContext } from '../jobs/context.ts';

export const discard = ({ database, domain, clearAway }: JobsContext) =>
  route(discardRunDirectory, async (call) => {
    const discarded = await database.write(
      (queries) => discardDirectory({ ...domain, queries }, call.caller, call.params),
      { mayUseReserve: true },
    );
    await clearAway({ unwanted: [], discarded });
  });
