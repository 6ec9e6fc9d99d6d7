import { describe, expect, it } from 'vitest';
import { Simulator } from '../../../sim/kernel/simulator.ts';
import { MILLISECOND, SECOND } from '../../../sim/kernel/time.ts';
import { HostChurn } from '../../../sim/network/host-churn.ts';
import { Network } from '../../../sim/network/network.ts';
import { uniformTopology } from '../../../sim/network/topology.ts';

function churning(hosts: number, upNs: number, downNs: number): { sim: Simulator; network: Network } {
  const sim = new Simulator({ seed: 7 });
  const network = new Network(sim, uniformTopology(hosts, 1e9, MILLISECOND));
  new HostChurn(sim, network, Array.from({ length: hosts }, (_, host) => host), { upNs, downNs }, sim.random.stream('churn'));
  return { sim, network };
}

describe('hosts that come and go', () => {
  it('are down for down ÷ (up + down) of the time, and crash at the rate that alternation gives', () => {
    const [up, down, hosts, seconds] = [30, 10, 100, 4000];
    const { sim, network } = churning(hosts, up * SECOND, down * SECOND);
    let crashes = 0;
    network.watchHosts((_, alive) => { if (!alive) crashes++; });
    let downSamples = 0;
    for (let s = 1; s <= seconds; s++) {
      sim.run(s * SECOND);
      for (let host = 0; host < hosts; host++) if (!network.isAlive(host)) downSamples++;
    }
    // Share of 10 000 cycles: its standard deviation is 0.35 points.
    expect(Math.abs(downSamples / (hosts * seconds) - down / (up + down))).toBeLessThan(0.011);
    // A renewal process of cycles of up + down: 10 000 of them, so 3 standard deviations are within 3 %.
    expect(Math.abs((crashes * (up + down)) / (hosts * seconds) - 1)).toBeLessThan(0.03);
  });

  it('never go all at once', () => {
    const { sim, network } = churning(3, SECOND, 50 * SECOND);
    for (let s = 1; s <= 500; s++) {
      sim.run(s * SECOND);
      expect([0, 1, 2].some((host) => network.isAlive(host))).toBe(true);
    }
  });
});
