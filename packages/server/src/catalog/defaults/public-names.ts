/**
 * What public job definitions, examples and scripts for the API call core types and software. A site may have its own under
 * any of these codes; its own comes first.
 */

/** Names of core types without GPUs; what they were made of is the other platform's. */
const CORE_TYPES = [
  'amber',
  'calcite',
  'carbon',
  'carnelian',
  'cobalt',
  'dolomite',
  'emerald',
  'emerald_max',
  'ferrite',
  'hpc-3',
  'hpc-plus',
  'iron',
  'jade',
  'luna',
  'luna_max',
  'mercury',
  'nickel',
  'onyx',
  'standard',
  'standard-plus',
  'starlite',
  'starlite_max',
  'titanium',
  'topaz',
  'zinc',
];

/** Software by the names of one of its distributions, and programs that are part of every job here. */
const ANALYSES: Readonly<Record<string, string>> = {
  openfoam_plus: 'openfoam',
  rescale_utils_lnx: 'user_included',
  'rescale-ckpt-e2e': 'user_included',
  user_included_singularity_container_e2e_desktop: 'user_included',
};

/** Where each leads on a site with these core types: to the one that has the most sizes, and no GPU. */
export function publicNames(
  coreTypes: readonly { code: string; cores: readonly number[]; gpuCounts: readonly number[] }[],
) {
  const [first, ...others] = coreTypes.filter(({ gpuCounts }) => gpuCounts.every((count) => count === 0));
  const general = others.reduce(
    (most, each) => (each.cores.length > (most?.cores.length ?? 0) ? each : most),
    first,
  );
  const all = general ? CORE_TYPES.map((name) => [name, general.code] as const) : [];
  return { coreTypes: Object.fromEntries(all), analyses: ANALYSES, general: general?.code ?? null };
}
