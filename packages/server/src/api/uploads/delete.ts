import { deleteUpload } from '@quarry/contract';
import { route } from '../../http/route.ts';
import type { UploadsContext } from './context.ts';
import { serveTus } from './serve-tus.ts';

/** Gives up an upload, or what arrived of a part (tus 1.0.0, termination). */
export const deleteOne = (context: UploadsContext) => route(deleteUpload, (call) => serveTus(context, call));
