/** Faults of a config, laid on the clock of a trial. */
import type { FrontEnd } from '../../protocols/systems/front-end.ts';
import { SlowedCostModel } from '../../sim/hardware/slowed-cost-model.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { Fault, FaultHooks } from '../../sim/network/fault.ts';
import { FaultSchedule } from '../../sim/network/fault-schedule.ts';
import { HostChurn } from '../../sim/network/host-churn.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { ResolvedConfig } from '../config/trial-fields.ts';
import type { Machines } from './machines.ts';
import type { TrialSystem } from './systems.ts';

type FaultConfig = ResolvedConfig['faults'][number];

/**
 * A crash takes the host off the network at once, empties its engine and its GPU and memory tiers (what is on its SSD survives), and is found
 * out by others through timeouts. A host that comes back joins the overlay again through a node that is up. A partition separates hosts; the
 * front end stops sending to nodes it cannot reach once its health check (`detectNs`) has noticed, and resumes when they are back.
 */
export function scheduleFaults(sim: Simulator, config: ResolvedConfig, machines: Machines, system: TrialSystem, frontEnd: FrontEnd, detectNs: Nanoseconds): void {
  const { network, nodes } = machines;
  const { overlay } = system;
  const rejoin = (host: HostId): void => {
    if (overlay === undefined) return;
    const bootstrap = nodes.find((other) => other.host !== host && network.isAlive(other.host));
    const { virtualNodes } = config.overlay;
    for (let i = 0; i < virtualNodes; i++) {
      overlay.overlay.join(host * virtualNodes + i, bootstrap === undefined ? undefined : bootstrap.host * virtualNodes);
    }
  };
  const hooks: FaultHooks = {
    onCrash: (host) => {
      if (host >= nodes.length) return;
      nodes[host].engine.abortAll();
      nodes[host].tiers.forEach(({ name }, tier) => { if (name !== 'ssd') nodes[host].holdings.clearTier(tier); });
    },
    onRecover: (host) => {
      if (host < nodes.length) rejoin(host);
    },
    onLeave: (host) => {
      if (overlay === undefined) return;
      for (let i = 0; i < config.overlay.virtualNodes; i++) overlay.overlay.leave(host * config.overlay.virtualNodes + i);
    },
    onRejoin: rejoin,
    onSlow: (host, factor) => {
      const { costModel, engine } = nodes[host];
      if (!(costModel instanceof SlowedCostModel)) throw new TypeError(`node ${host} has no cost model that can be slowed; expected buildMachines to have given it one`);
      costModel.factor = factor;
      engine.replan();
    },
  };
  const { upNs, downNs } = config.churn;
  if (upNs !== null) new HostChurn(sim, network, nodes.map(({ host }) => host), { upNs, downNs }, sim.random.stream('churn'));
  new FaultSchedule(sim, network, config.faults.flatMap((fault) => networkFault(fault, machines)), hooks);
  for (const fault of config.faults) {
    if (fault.partition.length > 0) checkHealth(sim, fault, machines, frontEnd, detectNs);
    for (const host of fault.disk) failDrive(sim, fault, host, machines, system);
    for (const host of fault.corrupt.nodes) sim.scheduleAt(fault.atNs, () => { nodes[host].corruption.strike(nodes[host].holdings.ids(), fault.corrupt.share, sim.random.stream('faults/corrupt')); });
  }
}

/** Of systems whose nodes have a drive; nothing happens to others. */
function failDrive(sim: Simulator, { atNs, forNs }: FaultConfig, host: HostId, { nodes }: Machines, { fetcher }: TrialSystem): void {
  const { tiers, holdings } = nodes[host];
  const drive = tiers.findIndex(({ name }) => name === 'ssd');
  if (drive < 0) return;
  sim.scheduleAt(atNs, () => {
    holdings.failTier(drive);
    fetcher?.tierFailed(host, drive);
  });
  if (forNs !== null) sim.scheduleAt(atNs + forNs, () => { holdings.replaceTier(drive); });
}

function networkFault(fault: FaultConfig, machines: Machines): Fault[] {
  const timed = { atNs: fault.atNs, ...(fault.forNs === null ? {} : { forNs: fault.forNs }) };
  if (fault.crash.length > 0) return [{ ...timed, crash: fault.crash }];
  if (fault.leave.length > 0) return [{ ...timed, leave: fault.leave }];
  if (fault.partition.length > 0) return [{ ...timed, partition: sides(fault, machines) }];
  if (fault.degrade.nodes.length > 0) {
    const { nodes: hosts, up, down, latencyNs } = fault.degrade;
    return [{ ...timed, degrade: { hosts, upFactor: up, downFactor: down, extraLatencyNs: latencyNs } }];
  }
  if (fault.slow.nodes.length > 0) return [{ ...timed, slow: { hosts: fault.slow.nodes, factor: fault.slow.factor } }];
  // Other systems have no router, and nothing happens to them.
  if (fault.router) return machines.hosts.router === undefined ? [] : [{ ...timed, crash: [machines.hosts.router] }];
  if (fault.loss > 0) return [{ ...timed, loss: { rate: fault.loss } }];
  return [];
}

/** The sides of a partition as hosts: where every node is named, front end and central store stand with the first side. */
function sides({ partition }: FaultConfig, { hosts, nodes }: Machines): HostId[][] {
  const groups = partition.map((side) => [...side]);
  if (new Set(partition.flat()).size === nodes.length) groups[0].push(hosts.frontEnd, ...[hosts.central, hosts.router].filter((host) => host !== undefined));
  return groups;
}

/** The front end's health check, once it has had time to notice a partition and once more after its end. */
function checkHealth(sim: Simulator, fault: FaultConfig, { network, hosts, nodes }: Machines, frontEnd: FrontEnd, detectNs: Nanoseconds): void {
  const check = (): void => {
    for (const node of nodes) frontEnd.setAlive(node, network.isReachable(hosts.frontEnd, node.host));
  };
  sim.scheduleAt(fault.atNs + detectNs, check);
  if (fault.forNs !== null) sim.scheduleAt(fault.atNs + fault.forNs + detectNs, check);
}
