import { listUsers } from '@quarry/contract';
import { listUserIds } from '../../db/queries/users.ts';
import { route } from '../../http/route.ts';
import { inMemory, paginate } from '../paging.ts';
import { answerUser } from './answer-user.ts';
import type { PeopleContext } from './context.ts';

export const list = (context: PeopleContext) =>
  route(listUsers, async (call) => {
    const ids = await listUserIds(context.database.read, call.query.search);
    const page = await paginate(call, inMemory(ids), (id) => id);
    return { ...page, results: await Promise.all(page.results.map((id) => answerUser(context, id))) };
  });
