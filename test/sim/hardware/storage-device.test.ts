import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_RAM, DEFAULT_SSD, StorageDevice, type StorageDeviceOptions } from '../../../sim/hardware/storage-device.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';

/** 1 byte per nanosecond for reads, half of it for writes. */
const OPTIONS: StorageDeviceOptions = { readBytesPerSecond: 1e9, writeBytesPerSecond: 0.5e9, latencyNs: 100, parallelism: 4 };

function rig(options: Partial<StorageDeviceOptions> = {}) {
  const simulator = new Simulator({ digest: false });
  const device = new StorageDevice(simulator, 'disk', { ...OPTIONS, ...options });
  const done: [string, number][] = [];
  const note = (name: string): void => {
    done.push([name, simulator.now]);
  };
  return { simulator, device, done, note };
}

describe('a storage device', () => {
  it('one read takes the latency and its bytes', () => {
    const { simulator, device, done, note } = rig();
    device.read(1000, note, 'a');
    simulator.run();
    expect(done).toEqual([['a', 1100]]);
    expect([device.bytesRead, device.busyNs()]).toEqual([1000, 1000]);
  });

  it('transfers share the device equally: System — reads of 1000 and 3000 bytes at 0. Expectations — 2100 and 4100', () => {
    // Both share from 100 on; the first needs 1000 at half rate, then the second has 2000 left at full rate.
    const { simulator, device, done, note } = rig();
    device.read(1000, note, 'a');
    device.read(3000, note, 'b');
    simulator.run();
    expect(done).toEqual([['a', 2100], ['b', 4100]]);
  });

  it('reads and writes share by time, each at its own rate', () => {
    // A write of 500 bytes needs 1000 ns of the device, like a read of 1000.
    const { simulator, device, done, note } = rig();
    device.read(1000, note, 'r');
    device.write(500, note, 'w');
    simulator.run();
    expect(done).toEqual([['r', 2100], ['w', 2100]]);
    expect([device.bytesRead, device.bytesWritten, device.busyNs()]).toEqual([1000, 500, 2000]);
  });

  it('admits as many at once as its queue depth, first come, first served', () => {
    const { simulator, device, done, note } = rig({ parallelism: 1 });
    for (const name of ['a', 'b', 'c']) device.read(1000, note, name);
    expect([device.inDevice, device.queueLength]).toEqual([1, 2]);
    simulator.run();
    expect(done).toEqual([['a', 1100], ['b', 2200], ['c', 3300]]);
  });

  it('nothing to transfer takes the latency', () => {
    const { simulator, device, done, note } = rig();
    device.read(0, note, 'a');
    simulator.run();
    expect(done).toEqual([['a', 100]]);
  });

  it('cancels what waits, accesses or transfers, and gives the share to the others', () => {
    const { simulator, device, done, note } = rig({ parallelism: 2 });
    const a = device.read(1000, note, 'a');
    device.read(1000, note, 'b');
    const c = device.read(1000, note, 'c');
    expect(device.cancel(c)).toBe(true);
    simulator.run(600);
    // From 100 on a and b have 250 each; b then has the device alone: 600 + 750.
    expect(device.cancel(a)).toBe(true);
    simulator.run();
    expect(done).toEqual([['b', 1350]]);
    expect([device.cancel(a), device.cancel(c), device.inDevice, device.queueLength, device.bytesRead]).toEqual([false, false, 0, 0, 1000]);
    const d = device.read(10, note, 'd');
    expect(device.cancel(d)).toBe(true);
    simulator.run();
    expect(done.length).toBe(1);
  });

  it('estimates a read exactly on an idle device, and with what is in it', () => {
    const { simulator, device, note } = rig();
    expect(device.expectedReadNs(500)).toBe(600);
    device.read(2000, note, 'a');
    simulator.run(100);
    // Shared until it is done: 500 of its own and 500 of the other's.
    expect(device.expectedReadNs(500)).toBe(1100);
  });

  it('law: work is conserved, and nothing finishes before its own demand nor after all demands', () => {
    const operations = fc.array(fc.record({ atNs: fc.nat(5000), sizeBytes: fc.integer({ min: 0, max: 5000 }), write: fc.boolean() }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(operations, fc.integer({ min: 1, max: 8 }), (plan, parallelism) => {
        const { simulator, device } = rig({ parallelism });
        let demandNs = 0;
        let finished = 0;
        for (const { atNs, sizeBytes, write } of plan) {
          const ownNs = sizeBytes * (write ? 2 : 1);
          demandNs += ownNs;
          simulator.scheduleAt(atNs, () => {
            const done = (): void => {
              finished += 1;
              expect(simulator.now - atNs).toBeGreaterThanOrEqual(ownNs + 100);
            };
            if (write) device.write(sizeBytes, done, 0);
            else device.read(sizeBytes, done, 0);
          });
        }
        simulator.run();
        expect(finished).toBe(plan.length);
        expect(Math.abs(device.busyNs() - demandNs)).toBeLessThanOrEqual(plan.length);
        expect(simulator.now).toBeLessThanOrEqual(5000 + demandNs + 100 * plan.length + plan.length);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('the defaults are those of the default cluster', () => {
    expect([DEFAULT_SSD.readBytesPerSecond, DEFAULT_SSD.latencyNs, DEFAULT_RAM.readBytesPerSecond]).toEqual([3.5e9, 80_000, 40e9]);
  });

  it('refuses rates, latencies and sizes that make no sense', () => {
    expect(() => rig({ readBytesPerSecond: 0 })).toThrow(/readBytesPerSecond/);
    expect(() => rig({ latencyNs: -1 })).toThrow(/latencyNs/);
    expect(() => rig({ parallelism: 0 })).toThrow(/parallelism/);
    expect(() => rig().device.read(-1, () => undefined, 0)).toThrow(/sizeBytes/);
    expect(() => rig().device.read(Number.NaN, () => undefined, 0)).toThrow(/sizeBytes/);
  });
});
