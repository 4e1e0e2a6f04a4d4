import { patchUpload } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { UploadsContext } from './context.ts';
import { serveTus } from './serve-tus.ts';

/** Takes in bytes of an upload or a part; the answer comes when they are safe on disk (tus 1.0.0). */
export const patch = (context: UploadsContext) => route(patchUpload, (call) => serveTus(context, call));
