import type { patchUpload } from '@quarry/contract';
import type { Answer, Call } from '../../http/route.ts';
import type { UploadsContext } from './context.ts';
import type { TusEngine } from './engine.ts';
import { serveTus } from './serve-tus.ts';

/** Takes in bytes of an upload or a part; the answer comes when they are safe on disk (tus 1.0.0). */
export async function patch(
  context: UploadsContext,
  engine: TusEngine,
  call: Call<typeof patchUpload>,
): Promise<Answer> {
  return await serveTus(context, engine, call);
}
