import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDeviceProfile, writeDeviceProfile } from '../../../experiments/segment-files/device-profile.ts';
import type { DeviceProfile } from '../../../experiments/segment-files/device-profile.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const operation = { sizeBytes: 65_536, medianNs: 80_000, p95Ns: 100_000, bytesPerSecond: 8e8 };
const tier = { readBytesPerSecond: 1e9, writeBytesPerSecond: 5e8, latencyNs: 40_000, reads: [operation], writes: [operation] };
const PROFILE: DeviceProfile = {
  format: 'p2p-ragcache device profile 1',
  machine: { processor: 'made up', cores: 2, memoryBytes: 8e9, node: 'v20.20.0' },
  method: 'none: a test',
  ssd: tier,
  ram: { ...tier, latencyNs: 0 },
  codecs: { moderate: { encodeBytesPerSecond: 2e8, decodeBytesPerSecond: 4e8 } },
};

describe('a device profile', () => {
  it('comes back from its file', () => {
    const path = join(temporaryFolder(), 'device.yaml');
    writeDeviceProfile(path, PROFILE);
    expect(readDeviceProfile(path)).toEqual(PROFILE);
  });

  it('is refused by file and field where it is none', () => {
    const path = join(temporaryFolder(), 'device.yaml');
    const refused = (content: unknown): string => {
      writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
      try {
        readDeviceProfile(path);
      } catch (error) {
        return (error as Error).message.replace(path, 'FILE');
      }
      return 'read';
    };
    expect(refused({ ...PROFILE, ssd: { ...tier, latencyNs: -1 } })).toMatch(/^FILE: ssd.latencyNs: -1: .*>=0.*npm run bench -- storage/);
    expect(refused({ ...PROFILE, ssd: { ...tier, readBytesPerSecond: 0 } })).toMatch(/^FILE: ssd.readBytesPerSecond: /);
    expect(refused({ ...PROFILE, format: 'other' })).toMatch(/^FILE: format: "other": .*p2p-ragcache device profile 1/);
    expect(refused({ ...PROFILE, more: 1 })).toMatch(/^FILE: /);
    expect(refused({ ...PROFILE, codecs: { int5: tier } })).toMatch(/^FILE: codecs/);
    expect(refused('{')).toMatch(/^FILE: no device profile can be read: /);
    expect(() => readDeviceProfile(join(temporaryFolder(), 'absent.yaml'))).toThrow(/ENOENT.*absent\.yaml/);
    expect(() => { writeDeviceProfile(path, { ...PROFILE, ram: { ...tier, writeBytesPerSecond: NaN } }); }).toThrow();
  });
});
