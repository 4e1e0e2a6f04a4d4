import { join } from 'node:path';
import { removeTree } from '@quarry/agent/files/remove-tree';
import { deleteStorageEntry } from '@quarry/contract';
import { route } from '../../http/route.ts';
import { newId } from '../../ids.ts';
import type { DevicesContext } from './context.ts';
import { openContents } from './open-contents.ts';

export const removeEntry = (context: DevicesContext) =>
  route(deleteStorageEntry, async (call) => {
    const { device, contents } = await openContents(context, call);
    using _contents = contents;
    const aside = join(context.domain.directories.incomingOf(device.id), `${newId()}${newId()}`);
    await contents.takeAway(call.params['*'], aside);
    // It may take long; what a crash leaves of it is removed by the next start.
    void removeTree(aside, context.ending).then(() => context.sizes.touch(device.id));
  });
