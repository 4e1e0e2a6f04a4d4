import type { deleteUpload } from '@quarry/contract';
import type { Answer, Call } from '../../http/route.ts';
import type { UploadsContext } from './context.ts';
import type { TusEngine } from './engine.ts';
import { serveTus } from './serve-tus.ts';

/** Gives up an upload, or what arrived of a part (tus 1.0.0, termination). */
export async function deleteOne(
  context: UploadsContext,
  engine: TusEngine,
  call: Call<typeof deleteUpload>,
): Promise<Answer> {
  return await serveTus(context, engine, call);
}
