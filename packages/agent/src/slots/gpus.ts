import type { SlotGpu } from '@quarry/contract';

/** The variable by which programs choose among the GPUs of a vendor. */
const VARIABLES = { nvidia: 'CUDA_VISIBLE_DEVICES', amd: 'ROCR_VISIBLE_DEVICES' } as const;

/**
 * What tells commands which GPUs are theirs. Where they see no others these count from 0; the ids that NVIDIA gives are the
 * same everywhere. A slot without GPUs, on a host that has some, is told to see none. `gpus` is null on other hosts.
 */
export function gpuVariables(
  gpus: readonly SlotGpu[] | null,
  { seesOthers }: { seesOthers: boolean },
): Record<string, string> {
  if (gpus === null) {
    return {};
  }
  return Object.fromEntries(
    Object.entries(VARIABLES).map(([vendor, variable]) => {
      const own = gpus.filter((gpu) => gpu.vendor === vendor);
      const names = own.map(({ id, number }, index) =>
        id.startsWith('GPU-') ? id : String(seesOthers ? number : index),
      );
      return [variable, names.join(',')];
    }),
  );
}
