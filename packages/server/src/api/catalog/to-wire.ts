import type * as wire from '@quarry/contract';
import { decimal } from '../../catalog/prices.ts';
import type { Analysis, AnalysisVersion, CoreType, Price } from '../../catalog/types.ts';

/** A core type as API v2 shows it. */
export function coreTypeToWire(coreType: CoreType): wire.CoreType {
  return {
    ...coreTypeToWireV3(coreType),
    price: coreType.price,
    lowPriorityPrice: decimal(coreType.lowPriorityPrice),
    walltimeRequired: coreType.walltimeRequired,
  };
}

/** A core type as API v3 shows it: without prices. */
export function coreTypeToWireV3(coreType: CoreType): wire.CoreTypeV3 {
  return {
    code: coreType.code,
    name: coreType.name,
    cores: [...coreType.cores],
    categoryCodes: [...coreType.categoryCodes],
    processorInfo: coreType.processorInfo,
    memory: coreType.memoryMbPerCore,
    storage: coreType.storageGbPerCore,
    storageIo: coreType.storageIo,
    io: coreType.io,
    compute: coreType.compute,
    hasSsd: coreType.hasSsd,
    isPrimary: coreType.isPrimary,
    isDeprecated: coreType.isDeprecated,
    remoteVizAllowed: coreType.remoteVizAllowed,
    isActive: coreType.available,
    displayOrder: coreType.displayOrder,
    gpuCounts: [...coreType.gpuCounts],
    description: coreType.description,
    features: [...coreType.features],
    mustBeRequested: coreType.mustBeRequested,
    requiresTempSshAuth: false,
    unavailableReason: coreType.unavailableReason,
  };
}

/** An analysis as API v2 shows it. */
export function analysisToWire(analysis: Analysis): wire.Analysis {
  return { ...analysisToWireV3(analysis), supportDesks: analysis.supportDesks.map((desk) => ({ ...desk })) };
}

/** An analysis as API v3 shows it: without support desks. */
export function analysisToWireV3(analysis: Analysis): wire.AnalysisV3 {
  const website = analysis.website === undefined ? [] : [{ name: 'Website', url: analysis.website }];
  return {
    code: analysis.code,
    name: analysis.name,
    versions: analysis.versions.map(versionToWire),
    category: analysis.category,
    vendorName: analysis.vendorName,
    pricing: analysis.pricing,
    thumbnail: analysis.thumbnail,
    description: analysis.description,
    industries: analysis.industries.map((industry) => ({ ...industry })),
    hasRescaleLicense: analysis.hasRescaleLicense,
    hasShortTermLicense: analysis.hasShortTermLicense,
    licenseSettings: analysis.licenseSettings.map((setting) => ({ ...setting })),
    optimizerType: analysis.optimizerType ?? null,
    resources: [...website, ...analysis.resources.map((resource) => ({ ...resource }))],
    displayOrder: analysis.displayOrder ?? 0,
  };
}

function versionToWire(version: AnalysisVersion): wire.AnalysisVersion {
  return {
    id: version.id,
    version: version.name,
    versionCode: version.code,
    allowedCoreTypes: [...version.allowedCoreTypes],
    stdCommand: version.stdCommand,
    mpiCommand: version.mpiCommand,
    smpCommand: version.smpCommand,
    gpuCommand: version.gpuCommand,
    eula: version.eula ?? null,
    unavailableReason: version.unavailableReason ?? null,
  };
}

/** A price row as billing shows it. */
export function priceToWire(price: Price): wire.ComputePrice {
  return {
    coreType: price.coreType,
    planType: price.planType,
    os: price.os,
    isActive: price.isActive,
    value: { amount: price.amount, currency: price.currency },
  };
}
