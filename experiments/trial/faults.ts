/** Faults of a config, laid on the clock of a trial. */
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { Machines } from './machines.ts';
import type { TrialSystem } from './systems.ts';

/**
 * A crash takes the host off the network at once, empties its engine and its memory tier (what is on its SSD survives), and is found
 * out by others through timeouts. A host that comes back joins the overlay again through a node that is up.
 */
export function scheduleFaults(sim: Simulator, config: ResolvedConfig, { network, nodes }: Machines, { overlay }: TrialSystem): void {
  network.watchHosts((host, alive) => {
    const node = nodes.at(host);
    if (node === undefined || host >= nodes.length) return;
    if (!alive) {
      node.engine.abortAll();
      node.holdings.clearTier(0);
      return;
    }
    if (overlay === undefined) return;
    const bootstrap = nodes.find((other) => other.host !== host && network.isAlive(other.host));
    const { virtualNodes } = config.overlay;
    for (let i = 0; i < virtualNodes; i++) {
      overlay.overlay.join(host * virtualNodes + i, bootstrap === undefined ? undefined : bootstrap.host * virtualNodes);
    }
  });
  for (const { atNs, crash, forNs } of config.faults) {
    for (const host of crash) {
      sim.scheduleAt(atNs, () => { network.crash(host); });
      if (forNs !== null) sim.scheduleAt(atNs + forNs, () => { network.recover(host); });
    }
  }
}
