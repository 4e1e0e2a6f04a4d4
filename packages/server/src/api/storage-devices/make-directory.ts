import { makeStorageDirectory } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { DevicesContext } from './context.ts';
import { openContents } from './open-contents.ts';

export const makeDirectory = (context: DevicesContext) =>
  route(makeStorageDirectory, async (call) => {
    using contents = (await openContents(context, call)).contents;
    await contents.makeDirectory(call.body.path);
    return { path: call.body.path };
  });
