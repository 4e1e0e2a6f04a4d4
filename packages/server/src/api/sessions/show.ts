import { getSession } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { PeopleContext } from '../users/context.ts';
import { findOwnSession } from './find-own.ts';
import { ownSessionToWire } from './to-wire.ts';

export const show = (context: PeopleContext) =>
  route(getSession, async (call) => ownSessionToWire(context, await findOwnSession(context, call.caller)));
