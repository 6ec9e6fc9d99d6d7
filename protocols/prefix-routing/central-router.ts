/**
 * A central cache-aware router: one host that hears of every block cached or evicted and sends each request to the node with the longest match
 * (the design of cache-aware load balancers such as SGLang's router and NVIDIA Dynamo's KV router). Its trees are exact but for the way of the
 * events; its price is a detour and a decision for each request, and that nothing works without it.
 */
import type { Handler } from '../../sim/kernel/handler.ts';
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import { Station } from '../../sim/kernel/station.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { MessageType } from '../../sim/network/message.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { Request } from '../../sim/serving/request.ts';
import type { Dispatch, Dispatcher } from '../systems/dispatcher.ts';
import { DirectDispatcher } from '../systems/dispatcher.ts';
import type { FrontEnd } from '../systems/front-end.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import type { CacheLog } from './cache-log.ts';
import { gossipBytes } from './gossip-wire.ts';
import type { HashChain } from './hash-chain.ts';
import { chooseNode } from './node-choice.ts';
import type { Candidate, ChoiceRules } from './node-choice.ts';
import { PeerView } from './peer-view.ts';
import type { Update } from './peer-view.ts';
import { cachedBlocks, tokensOf } from './prompt-blocks.ts';
import type { RoutingCounts } from './routing-counts.ts';

export interface CentralRouterOptions extends ChoiceRules {
  /** Time that the router, one thread, takes for a decision. */
  readonly decisionNs: Nanoseconds;
  /** What the front end does with a request that has found the router dead: waits for the router, or sends it to any node. */
  readonly fallback: 'none' | 'any-node';
}

export interface CentralRouterWorld {
  readonly sim: Simulator;
  readonly network: Network;
  readonly frontEndHost: HostId;
  readonly routerHost: HostId;
  readonly frontEnd: FrontEnd;
  readonly nodes: readonly PeerNode[];
  readonly logs: readonly CacheLog[];
  readonly chain: HashChain;
  readonly counts: RoutingCounts;
}

interface Journey {
  readonly dispatch: Dispatch;
  readonly lives: number;
  readonly enteredNs: Nanoseconds;
  node?: PeerNode;
  claimed: number;
}

export class CentralRouter implements Dispatcher {
  readonly #world: CentralRouterWorld;
  readonly #options: CentralRouterOptions;
  readonly #random: RandomStream;
  readonly #direct: DirectDispatcher;
  readonly #thread: Station;
  readonly #events: MessageType<Update>;
  readonly #resync: MessageType<null>;
  readonly #flush: Handler<HostId>;
  /** What the router believes, by node; and what each node has told it. */
  #views: PeerView[];
  readonly #told: { epoch: number; version: number }[];
  readonly #pending: boolean[];
  /** Requests sent to each node and not answered. */
  readonly #open: Int32Array;
  readonly #routed = new Set<number>();
  /** Times that the router has died. */
  #deaths = 0;
  /** The front end has found it dead, and it has not come back. */
  #isFoundDead = false;

  constructor(world: CentralRouterWorld, options: CentralRouterOptions) {
    const { sim, network, nodes, frontEnd, frontEndHost, routerHost, chain } = world;
    this.#world = world;
    this.#options = options;
    this.#random = sim.random.stream('central-router/tie-break');
    this.#direct = new DirectDispatcher(network, frontEndHost, frontEnd);
    this.#thread = new Station(sim, 'central-router', 1);
    this.#views = nodes.map(() => new PeerView(chain));
    this.#told = nodes.map(() => ({ epoch: 0, version: 0 }));
    this.#pending = nodes.map(() => false);
    this.#open = new Int32Array(nodes.length);
    const bytes = (update: Update): number => gossipBytes({ statuses: [], updates: [update], wants: [] }, false);
    this.#events = network.messageType<Update>('prefix.events', (_to, node, update) => {
      this.#views[node].apply(update);
      // An event before it was lost on the way.
      if (this.#views[node].isBehind(update.status)) network.send(routerHost, node, this.#resync, null);
    }, bytes);
    this.#resync = network.messageType<null>('prefix.resync', (node) => {
      this.#told[node] = { epoch: 0, version: 0 };
      this.#tell(node);
    });
    this.#flush = sim.handler('prefix.flush', (host: HostId) => {
      this.#pending[host] = false;
      this.#tell(host);
    }, (host) => host);
    network.watchHosts((host, alive) => {
      if (host === routerHost) this.#onRouter(alive);
      else if (host < nodes.length && !alive) world.logs[host].restart();
    });
  }

  /** A node's cache has changed: it tells the router at the end of this instant, one message for all changes. */
  changed(host: HostId): void {
    if (this.#pending[host]) return;
    this.#pending[host] = true;
    this.#world.sim.schedule(0, this.#flush, host);
  }

  send(dispatch: Dispatch): void {
    const { network, frontEndHost, routerHost, sim } = this.#world;
    if (this.#isFoundDead && this.#options.fallback === 'any-node') {
      this.#direct.send(dispatch);
      return;
    }
    const journey: Journey = { dispatch, lives: this.#deaths, enteredNs: sim.now, claimed: 0 };
    network.transfer({ from: frontEndHost, to: routerHost, sizeBytes: dispatch.promptBytes }, this.#onEntered, journey);
  }

  ended(request: Request, node: PeerNode, died: boolean): void {
    if (this.#routed.delete(request.id)) this.#open[node.host]--;
    else this.#world.frontEnd.ended(node);
    if (died) this.#world.frontEnd.setAlive(node, false);
  }

  recovered(node: PeerNode): void {
    this.#world.frontEnd.setAlive(node, true);
  }

  readonly #onEntered = (outcome: TransferOutcome, journey: Journey): void => {
    if (outcome !== 'done') {
      this.#isFoundDead = true;
      journey.dispatch.end.lost(journey.dispatch);
      return;
    }
    this.#thread.serve(this.#options.decisionNs, this.#decide, journey);
  };

  readonly #decide = (journey: Journey): void => {
    const { network, routerHost, frontEnd, nodes, counts, chain } = this.#world;
    const { dispatch } = journey;
    const { units } = dispatch.request;
    if (journey.lives !== this.#deaths) {
      dispatch.end.lost(dispatch);
      return;
    }
    const path = Float64Array.from(units, ({ id }) => id);
    chain.recordPath(path);
    const candidates: Candidate[] = [];
    let actual = 0;
    let known = 0;
    for (const node of nodes) {
      if (!frontEnd.isAlive(node)) continue;
      const blocks = this.#views[node.host].match(path);
      known = Math.max(known, blocks);
      actual = Math.max(actual, cachedBlocks(node, units));
      candidates.push({ host: node.host, tokens: tokensOf(units, blocks), load: this.#open[node.host], latencyNs: network.latencyNs(routerHost, node.host) });
    }
    if (candidates.length === 0) {
      dispatch.end.refused(dispatch);
      return;
    }
    const { candidate, spilled } = chooseNode(candidates, undefined, this.#options, this.#random);
    counts.requests++;
    counts.blocksAsked += units.length;
    counts.forwarded++;
    counts.missedHitBlocks += Math.max(0, actual - known);
    if (spilled) counts.spilled++;
    const view = this.#views[candidate.host];
    // Silence means that nothing has changed: what the router knows is as old as an event's way to it.
    counts.estimatesUsed++;
    counts.estimateAgeNs += candidate.latencyNs;
    journey.node = nodes[candidate.host];
    journey.claimed = view.match(path);
    this.#open[candidate.host]++;
    this.#routed.add(dispatch.request.id);
    network.transfer({ from: routerHost, to: candidate.host, sizeBytes: dispatch.promptBytes }, this.#onSent, journey);
  };

  readonly #onSent = (outcome: TransferOutcome, { dispatch, node, claimed, enteredNs }: Journey): void => {
    const { counts, sim, network } = this.#world;
    const target = node!;
    if (outcome === 'done') {
      counts.falseHitBlocks += Math.max(0, claimed - cachedBlocks(target, dispatch.request.units));
      counts.forwardingNs += sim.now - enteredNs;
      dispatch.end.arrived(dispatch, target);
      return;
    }
    this.ended(dispatch.request, target, !network.isAlive(target.host));
    dispatch.end.lost(dispatch);
  };

  #onRouter(alive: boolean): void {
    const { network, nodes, routerHost, chain } = this.#world;
    if (!alive) {
      this.#deaths++;
      return;
    }
    this.#isFoundDead = false;
    this.#views = nodes.map(() => new PeerView(chain));
    for (const { host } of nodes) network.send(routerHost, host, this.#resync, null);
  }

  #tell(host: HostId): void {
    const { sim, network, routerHost, logs } = this.#world;
    const log = logs[host];
    const { epoch, version } = this.#told[host];
    const from = epoch === log.epoch ? version : -1;
    if (from === log.version) return;
    const changes = from < 0 ? log.everything() : (log.between(from, log.version) ?? log.everything());
    this.#told[host] = { epoch: log.epoch, version: log.version };
    const status = { epoch: log.epoch, version: log.version, atNs: sim.now, load: 0, waitNs: 0 };
    network.send(host, routerHost, this.#events, { origin: host, status, from, changes });
  }
}
