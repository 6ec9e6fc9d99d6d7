import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MICROSECOND, MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { TCP_TLS_HEADER_BYTES } from '../../../sim/network/message.ts';
import { Network, type NetworkOptions } from '../../../sim/network/network.ts';
import { uniformTopology, type TopologySpec } from '../../../sim/network/topology.ts';

interface Ping {
  readonly n: number;
  readonly pad?: Uint8Array;
}

interface Delivery {
  readonly atNs: number;
  readonly from: number;
  readonly to: number;
  readonly n: number;
}

/** Hosts on links of 1 Gbps, 1 ms apart, with one message type whose deliveries are recorded. */
function setting(rest: Partial<TopologySpec> = {}, options: NetworkOptions = {}, seed = 1) {
  const simulator = new Simulator({ seed });
  const network = new Network(simulator, { ...uniformTopology(4, 1e9, MILLISECOND), ...rest }, options);
  const deliveries: Delivery[] = [];
  const ping = network.messageType<Ping>('ping', (to, from, { n }) => {
    deliveries.push({ atNs: simulator.now, from, to, n });
  });
  return { simulator, network, deliveries, ping };
}

describe('control messages', () => {
  it('take latency plus encoded size and header over the slower of the two links', () => {
    // System: L = 1 ms, up 1 Gbps, down 100 Mbps, S = encoded + header bytes.        Expectations: L + 8 S / 10^8 s, rounded up.
    const hosts = uniformTopology(1, 1e9, MILLISECOND).hosts.concat({ name: 'slow', upBps: 1e9, downBps: 1e8 });
    const { simulator, network, deliveries, ping } = setting({ hosts });
    const message = { n: 1, pad: new Uint8Array(1000) };
    const size = encode(message).byteLength + TCP_TLS_HEADER_BYTES;
    expect(ping.sizeBytes(message)).toBe(size);
    network.send(0, 1, ping, message);
    simulator.run();
    expect(deliveries).toEqual([{ atNs: MILLISECOND + 80 * size, from: 0, to: 1, n: 1 }]);
    expect(network.stats.messages()[0]).toMatchObject({ name: 'ping', sent: 1, delivered: 1, sentBytes: size, deliveredBytes: size, inFlight: 0 });
    expect([network.stats.bytesUp(0), network.stats.bytesDown(1), network.stats.bytesUp(1)]).toEqual([size, size, 0]);
  });

  it('take a size given by the type instead, and a header given by the options', () => {
    const { simulator, network } = setting({}, { messageHeaderBytes: 28 });
    const type = network.messageType<string>('fixed', () => undefined, (text) => 2 * text.length);
    expect(type.sizeBytes('four')).toBe(36);
    network.send(0, 1, type, 'four');
    simulator.run();
    expect(network.stats.messages()[1]).toMatchObject({ name: 'fixed', sentBytes: 36 });
  });

  it('do not contend with each other or with bulk flows', () => {
    const { simulator, network, deliveries, ping } = setting();
    network.transfer({ from: 0, to: 1, sizeBytes: 1e9 }, () => undefined, undefined);
    simulator.run(SECOND);
    for (let n = 0; n < 3; n++) network.send(0, 1, ping, { n });
    simulator.run(2 * SECOND);
    expect(new Set(deliveries.map(({ atNs }) => atNs)).size).toBe(1);
    expect(deliveries.map(({ n }) => n)).toEqual([0, 1, 2]);
  });

  it('reach their own host in an event of the same instant, without touching its links', () => {
    const { simulator, network, deliveries, ping } = setting();
    network.send(2, 2, ping, { n: 5 });
    expect(deliveries).toEqual([]);
    simulator.run();
    expect(deliveries).toEqual([{ atNs: 0, from: 2, to: 2, n: 5 }]);
    expect([network.stats.bytesUp(2), network.stats.bytesDown(2)]).toEqual([0, 0]);
  });

  it('may be sent from within a delivery, over and over', () => {
    const simulator = new Simulator();
    const network = new Network(simulator, uniformTopology(2, 1e9, MICROSECOND));
    let hops = 0;
    const ball = network.messageType<number>('ball', (to, from, n) => {
      hops++;
      if (n > 0) network.send(to, from, ball, n - 1);
    });
    network.send(0, 1, ball, 9999);
    simulator.run();
    expect(hops).toBe(10_000);
    network.stats.checkConservation();
  });

  it('never overtake an earlier one of their pair', () => {
    // System: a large message, then small ones; jitter far above the spacing.        Expectations: order of sending, per pair.
    const { simulator, network, deliveries, ping } = setting({ jitter: { distribution: 'exponential', meanNs: 10 * MILLISECOND } });
    network.send(0, 1, ping, { n: -1, pad: new Uint8Array(1e6) });
    for (let n = 0; n < 500; n++) {
      simulator.schedule(n * 10 * MICROSECOND, () => { network.send(0, 1 + (n % 3), ping, { n }); });
    }
    simulator.run();
    for (const to of [1, 2, 3]) {
      const order = deliveries.filter((delivery) => delivery.to === to).map(({ n }) => n);
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
    const all = deliveries.map(({ n }) => n);
    expect(all).not.toEqual([...all].sort((a, b) => a - b));
  });

  it('keep their order without jitter, where a small one would overtake a large one', () => {
    // System: 10 MB and then 1 byte at once over 1 Gbps; the same a little later; the same when the large one has left its sender.
    // Expectations: the small one arrives with the large one; so it does later; after that it takes its own time.
    const { simulator, network, deliveries, ping } = setting();
    const large = { n: 0, pad: new Uint8Array(10_000_000) };
    const leavesNs = 8 * ping.sizeBytes(large);
    network.send(0, 1, ping, large);
    network.send(0, 2, ping, { n: 1 });
    network.send(0, 1, ping, { n: 2 });
    simulator.schedule(leavesNs - 1, () => { network.send(0, 1, ping, { n: 3 }); });
    simulator.schedule(leavesNs, () => { network.send(0, 1, ping, { n: 4 }); });
    simulator.run();
    const smallNs = 8 * ping.sizeBytes({ n: 1 });
    expect(deliveries.map(({ n, atNs }) => [n, atNs - MILLISECOND])).toEqual([
      [1, smallNs],
      [0, leavesNs],
      [2, leavesNs],
      [3, leavesNs - 1 + smallNs],
      [4, leavesNs + smallNs],
    ]);
  });

  it('keep their order when extra latency ends', () => {
    const { simulator, network, deliveries, ping } = setting();
    network.degrade(1, { extraLatencyNs: 50 * MILLISECOND });
    network.send(0, 1, ping, { n: 0 });
    simulator.run(MILLISECOND);
    network.degrade(1, {});
    network.send(0, 1, ping, { n: 1 });
    network.send(0, 2, ping, { n: 2 });
    simulator.run();
    expect(deliveries.map(({ n }) => n)).toEqual([2, 0, 1]);
  });

  it('may overtake when the jitter says so', () => {
    const { simulator, network, deliveries, ping } = setting({ jitter: { distribution: 'uniform', maxNs: 10 * MILLISECOND, reorder: true } });
    for (let n = 0; n < 100; n++) network.send(0, 1, ping, { n });
    simulator.run();
    const order = deliveries.map(({ n }) => n);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    expect(new Set(order).size).toBe(100);
  });

  it('are jittered as distributed, from the seed alone', () => {
    const delays = (distribution: NonNullable<TopologySpec['jitter']>, seed: number): number[] => {
      const { simulator, network, deliveries, ping } = setting({ jitter: distribution }, {}, seed);
      for (let n = 0; n < 4000; n++) network.send(0, 1, ping, { n: 1 });
      simulator.run();
      const serialisation = Math.ceil(8 * ping.sizeBytes({ n: 1 }));
      return deliveries.map(({ atNs }) => atNs - MILLISECOND - serialisation);
    };
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    // Four standard errors of the mean of 4000 draws.
    const uniform = delays({ distribution: 'uniform', maxNs: 1000, reorder: true }, 1);
    expect(Math.abs(mean(uniform) - 500)).toBeLessThan((4 * 1000) / Math.sqrt(12 * 4000));
    const exponential = delays({ distribution: 'exponential', meanNs: 1000, reorder: true }, 1);
    expect(Math.abs(mean(exponential) - 1000)).toBeLessThan((4 * 1000) / Math.sqrt(4000));
    const logNormal = delays({ distribution: 'log-normal', medianNs: 1000, sigma: 0.5, reorder: true }, 1).map((delay) => Math.log(delay / 1000));
    expect(Math.abs(mean(logNormal))).toBeLessThan((4 * 0.5) / Math.sqrt(4000));
    expect(delays({ distribution: 'uniform', maxNs: 1000, reorder: true }, 1)).toEqual(uniform);
    expect(delays({ distribution: 'uniform', maxNs: 1000, reorder: true }, 2)).not.toEqual(uniform);
    expect(new Set(delays({ distribution: 'exponential', meanNs: 0 }, 1))).toEqual(new Set([0]));
    expect(new Set(delays({ distribution: 'log-normal', medianNs: 0, sigma: 1 }, 1))).toEqual(new Set([0]));
  });

  it('are refused between hosts or of types that do not exist here', () => {
    const { network, ping } = setting();
    expect(() => { network.send(0, 4, ping, { n: 1 }); }).toThrow('host 4 does not exist; expected an index from 0 to 3');
    expect(() => { network.send(-1, 0, ping, { n: 1 }); }).toThrow('host -1');
    expect(() => { setting().network.send(0, 1, ping, { n: 1 }); }).toThrow('belongs to another network');
    const odd = network.messageType<number>('odd', () => undefined, (size) => size);
    for (const size of [0.5, -100, NaN]) expect(() => { network.send(0, 1, odd, size); }).toThrow("size of a message of type 'odd' is");
    expect(() => network.messageType('ping', () => undefined)).toThrow("'ping' is registered already");
    expect(() => setting({}, { messageHeaderBytes: -1 })).toThrow('messageHeaderBytes is -1');
  });
});
