/** Speeds of storage, and of codecs on host cores: the config's own, or those that a device profile has measured. */
import type { HostCodec } from '../../protocols/fetch/host-codec.ts';
import { COPY_LATENCY_NS } from '../../sim/hardware/copy-engine.ts';
import type { GpuSpec } from '../../sim/hardware/gpu-catalogue.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import { readDeviceProfile } from '../segment-files/device-profile.ts';
import type { DeviceProfile } from '../segment-files/device-profile.ts';

/** `cluster.deviceProfile` where the config's own speeds hold. */
export const NO_PROFILE = 'none';

/** Tiers of a node, fastest first. */
export type TierName = 'gpu' | 'memory' | 'ssd';

export interface TierSpeeds {
  readonly readBytesPerSecond: number;
  readonly writeBytesPerSecond: number;
  readonly latencyNs: Nanoseconds;
}

/** Speeds of a trial's storage tiers. Each key, and the profile, is read when a tier asks for it: not every system has one. */
export class DeviceSpeeds {
  readonly #config: ResolvedConfig;
  #profile: DeviceProfile | undefined;

  constructor(config: ResolvedConfig) {
    this.#config = config;
  }

  tier(name: 'memory' | 'ssd'): TierSpeeds {
    const { cluster } = this.#config;
    if (cluster.deviceProfile !== NO_PROFILE) {
      this.#profile ??= readDeviceProfile(cluster.deviceProfile);
      return name === 'memory' ? this.#profile.ram : this.#profile.ssd;
    }
    if (name === 'ssd') return cluster.ssd;
    const { bandwidthBytesPerSecond, latencyNs } = cluster.ram;
    return { readBytesPerSecond: bandwidthBytesPerSecond, writeBytesPerSecond: bandwidthBytesPerSecond, latencyNs };
  }
}

/** GPU memory as a store, seen from outside: what is read from it or written into it crosses the host link. */
export function deviceTier(gpu: GpuSpec, gpus: number): TierSpeeds {
  return { readBytesPerSecond: gpu.deviceToHostBytesPerSecond * gpus, writeBytesPerSecond: gpu.hostToDeviceBytesPerSecond * gpus, latencyNs: COPY_LATENCY_NS };
}

/** Speeds of the trial's compression on host cores, where a named device profile has them; undefined where the GPU does it. */
export function hostCodecOf({ compression, cluster }: ResolvedConfig): HostCodec | undefined {
  if (compression === 'none' || cluster.deviceProfile === NO_PROFILE) return undefined;
  return readDeviceProfile(cluster.deviceProfile).codecs?.[compression];
}

/** What a trial's speeds were measured on, as its results name it. `reads`: the system stores KV at all. */
export function deviceLabels({ cluster }: ResolvedConfig): Record<string, string> {
  if (cluster.deviceProfile === NO_PROFILE) return {};
  const { machine } = readDeviceProfile(cluster.deviceProfile);
  return { deviceMeasuredOn: `${machine.processor}, ${machine.cores} cores, ${cluster.deviceProfile}` };
}
