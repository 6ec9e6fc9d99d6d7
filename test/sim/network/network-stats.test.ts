import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { SECOND } from '../../../sim/kernel/time.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

function setting() {
  const simulator = new Simulator();
  return { simulator, network: new Network(simulator, uniformTopology(3, 8e6, 0)) };
}

describe('NetworkStats', () => {
  it('integrates the bytes of flows in progress up to now', () => {
    const { simulator, network } = setting();
    network.transfer({ from: 0, to: 1, sizeBytes: 10e6 }, () => undefined, undefined);
    network.transfer({ from: 0, to: 2, sizeBytes: 1e6 }, () => undefined, undefined);
    simulator.run(SECOND);
    expect([network.stats.bytesUp(0), network.stats.bytesDown(1), network.stats.bytesDown(2)]).toEqual([1e6, 0.5e6, 0.5e6]);
    simulator.run(3 * SECOND);
    expect([network.stats.bytesUp(0), network.stats.bytesDown(1), network.stats.bytesDown(2)]).toEqual([3e6, 2e6, 1e6]);
    expect([network.stats.bytesUp(1), network.stats.bytesUp(2), network.stats.bytesDown(0)]).toEqual([0, 0, 0]);
  });

  it('says the utilisation of a window, per direction', () => {
    // System: 1 MB/s links; 0 sends to 1 for 2 s of the first 4 s, then to 1 and 2 at full rate.
    const { simulator, network } = setting();
    network.transfer({ from: 0, to: 1, sizeBytes: 2e6 }, () => undefined, undefined);
    expect(network.stats.utilisation(0, 'up')).toBe(0);
    simulator.run(4 * SECOND);
    expect(network.stats.utilisation(0, 'up')).toBe(0.5);
    expect(network.stats.utilisation(0, 'down')).toBe(0);
    network.stats.mark();
    expect(network.stats.utilisation(0, 'up')).toBe(0);
    network.transfer({ from: 0, to: 1, sizeBytes: 2e6 }, () => undefined, undefined);
    network.transfer({ from: 0, to: 2, sizeBytes: 2e6 }, () => undefined, undefined);
    simulator.run(6 * SECOND);
    expect(network.stats.utilisation(0, 'up')).toBe(1);
    expect(network.stats.utilisation(1, 'down')).toBe(0.5);
    expect(() => network.stats.utilisation(3, 'up')).toThrow('host 3');
  });

  it('counts messages by type, and all together', () => {
    const { simulator, network } = setting();
    const a = network.messageType<number>('a', () => undefined, () => 26);
    const b = network.messageType<number>('b', () => undefined, () => 126);
    network.send(0, 1, a, 1);
    network.send(0, 1, a, 2);
    network.send(0, 2, b, 3);
    const [first, second] = network.stats.messages();
    expect(first).toMatchObject({ name: 'a', sent: 2, delivered: 0, inFlight: 2, inFlightBytes: 200 });
    expect(second).toMatchObject({ name: 'b', sent: 1, sentBytes: 200 });
    network.stats.checkConservation();
    simulator.run();
    expect(network.stats.messageTotals()).toMatchObject({ sent: 3, delivered: 3, dropped: 0, sentBytes: 400, deliveredBytes: 400, inFlight: 0 });
    expect(network.stats.utilisation(0, 'up')).toBeGreaterThan(0);
    network.stats.checkConservation();
  });

  it('notices a law that is broken', () => {
    const { simulator, network } = setting();
    network.transfer({ from: 0, to: 1, sizeBytes: 100 }, () => undefined, undefined);
    (network.stats.transfers as { requestedBytes: number }).requestedBytes++;
    expect(() => { network.stats.checkConservation(); }).toThrow('bytes of transfers: sent 101 ≠ delivered 0 + dropped 0 + in flight 100');
    simulator.run();
  });
});
