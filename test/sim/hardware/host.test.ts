import { describe, expect, it } from 'vitest';
import { COPY_LATENCY_NS, CopyEngine } from '../../../sim/hardware/copy-engine.ts';
import { gpuByName } from '../../../sim/hardware/gpu-catalogue.ts';
import { CORE_BYTES_PER_SECOND, HostCpu, byteWorkNs } from '../../../sim/hardware/host-cpu.ts';
import { Simulator } from '../../../sim/kernel/simulator.ts';

const MIB = 1024 * 1024;

describe('host cores', () => {
  it('work in parallel, and queue beyond', () => {
    const simulator = new Simulator({ digest: false });
    const cpu = new HostCpu(simulator, 'cpu', 2);
    const done: number[] = [];
    const note = (): void => {
      done.push(simulator.now);
    };
    for (let job = 0; job < 3; job += 1) cpu.charge(100, note, 0);
    expect([cpu.busyCores, cpu.queueLength, cpu.expectedWaitNs()]).toEqual([2, 1, 100]);
    const ticket = cpu.charge(100, note, 0);
    expect(cpu.cancel(ticket)).toBe(true);
    simulator.run();
    expect(done).toEqual([100, 100, 200]);
    expect(cpu.busyNs()).toBe(300);
  });

  it('a chunk of KV costs a core what its rates say', () => {
    // 256 MiB, a 512-token chunk of Llama-2-7B: 27 ms to serialise, 22 ms to check.
    expect(byteWorkNs('serialise', 256 * MIB) / 1e6).toBeCloseTo(26.8, 1);
    expect(byteWorkNs('checksum', 256 * MIB) / 1e6).toBeCloseTo(22.4, 1);
    expect(byteWorkNs('zstdDecode', 0)).toBe(0);
    expect(() => byteWorkNs('serialise', -1)).toThrow(/sizeBytes/);
    for (const rate of Object.values(CORE_BYTES_PER_SECOND)) expect(rate > 1e8 && rate < 1e11).toBe(true);
  });
});

describe('copy engines', () => {
  it('8 MiB take 0.35 ms over PCIe 4 and 0.03 ms over NVLink-C2C', () => {
    const simulator = new Simulator({ digest: false });
    expect(new CopyEngine(simulator, 'a', gpuByName('A100-80GB')).copyNs('hostToDevice', 8 * MIB) / 1e6).toBeCloseTo(0.348, 2);
    expect(new CopyEngine(simulator, 'b', gpuByName('GH200')).copyNs('hostToDevice', 8 * MIB) / 1e6).toBeCloseTo(0.032, 2);
  });

  it('serve each direction in order, both at once', () => {
    const simulator = new Simulator({ digest: false });
    const copies = new CopyEngine(simulator, 'copy', { ...gpuByName('A100-80GB'), hostToDeviceBytesPerSecond: 1e9, deviceToHostBytesPerSecond: 1e9 });
    const done: [string, number][] = [];
    const note = (name: string): void => {
      done.push([name, simulator.now - COPY_LATENCY_NS]);
    };
    copies.copy('hostToDevice', 1000, note, 'up 1');
    copies.copy('hostToDevice', 1000, note, 'up 2');
    copies.copy('deviceToHost', 500, note, 'down');
    expect([copies.queueLength('hostToDevice'), copies.expectedWaitNs('hostToDevice')]).toEqual([1, 2 * (COPY_LATENCY_NS + 1000)]);
    simulator.run();
    expect(done).toEqual([['down', 500], ['up 1', 1000], ['up 2', COPY_LATENCY_NS + 2000]]);
    expect([copies.bytes('hostToDevice'), copies.bytes('deviceToHost'), copies.busyNs('deviceToHost')]).toEqual([2000, 500, COPY_LATENCY_NS + 500]);
  });

  it('several GPUs copy their shards at the same time', () => {
    const simulator = new Simulator({ digest: false });
    const one = new CopyEngine(simulator, 'one', gpuByName('A100-80GB'));
    const four = new CopyEngine(simulator, 'four', gpuByName('A100-80GB'), 4);
    expect(four.copyNs('hostToDevice', 400 * MIB) - COPY_LATENCY_NS).toBeCloseTo((one.copyNs('hostToDevice', 400 * MIB) - COPY_LATENCY_NS) / 4, -1);
    expect(() => new CopyEngine(simulator, 'none', gpuByName('A100-80GB'), 0)).toThrow(/gpus/);
    expect(() => one.copyNs('hostToDevice', Number.NaN)).toThrow(/sizeBytes/);
    const ticket = one.copy('hostToDevice', 1, () => undefined, 0);
    expect(one.cancel('hostToDevice', ticket)).toBe(true);
  });
});
