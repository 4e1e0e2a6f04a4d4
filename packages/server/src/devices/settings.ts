import type { ParsedStorageDeviceCreation } from '@quarry/contract';

/** What was asked for beside name and size: kept and answered, and the first four followed. */
export interface DeviceSettings {
  firstAlert: number | null;
  secondAlert: number | null;
  autoextend: boolean;
  autoextendPercent: number | null;
  walltime: number | null;
  coresPerSlot: number | null;
  coreType: string | null;
  walltimeAlert: boolean;
  walltimeAlertHours: number | null;
}

/** What of it means nothing here, and why. */
const WITHOUT_EFFECT = {
  walltime: 'a device stays until it is deleted',
  coresPerSlot: 'a device is a directory of this platform, and no machine serves it',
  coreType: 'a device is a directory of this platform, and no machine serves it',
  walltimeAlert: 'a device stays until it is deleted',
  walltimeAlertHours: 'a device stays until it is deleted',
  runLowPriority: 'a device costs nothing',
  region: 'there is one place',
} as const;

/** The settings of a new device; what is accepted without effect goes to `warn`. */
export function settingsOf(
  wanted: ParsedStorageDeviceCreation,
  warn: (text: string) => void,
): DeviceSettings {
  const { hardware = {} } = wanted;
  const all = { ...wanted, ...withoutUndefined(hardware) };
  for (const [field, why] of Object.entries(WITHOUT_EFFECT)) {
    const value = all[field as keyof typeof WITHOUT_EFFECT];
    if (value !== undefined && value !== null && value !== false) {
      warn(`${field} has no effect on this platform: ${why}.`);
    }
  }
  return {
    firstAlert: all.firstAlert ?? null,
    secondAlert: all.secondAlert ?? null,
    autoextend: all.autoextend ?? false,
    autoextendPercent: all.autoextendPercent ?? null,
    walltime: all.walltime ?? null,
    coresPerSlot: all.coresPerSlot ?? null,
    coreType: all.coreType ?? null,
    walltimeAlert: all.walltimeAlert ?? false,
    walltimeAlertHours: all.walltimeAlertHours ?? null,
  };
}

function withoutUndefined<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null),
  ) as Partial<Value>;
}
