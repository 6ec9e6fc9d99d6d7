/**
 * Decentralised prefix routing: every node is an entry point, and decides by its own cache and by what anti-entropy told it of the others'.
 *
 * A request comes in at a node that knows nothing of where it should go (the front end picks it). That node keeps it, or sends it to the one with
 * the longest match. There the estimate meets the truth: where less is cached than was promised, and more seems to be elsewhere, the request
 * is sent on, at most `ttl` times in all and never to a node it has been at. KV is never sent, and an engine reuses only what its own cache
 * holds: a wrong estimate costs a detour and a miss, never a wrong output.
 */
import type { RandomStream } from '../../sim/kernel/random-stream.ts';
import type { Simulator } from '../../sim/kernel/simulator.ts';
import type { Nanoseconds } from '../../sim/kernel/time.ts';
import type { MessageType } from '../../sim/network/message.ts';
import { msgpackSize } from '../../sim/network/msgpack-size.ts';
import type { Network } from '../../sim/network/network.ts';
import type { HostId } from '../../sim/network/topology.ts';
import type { TransferOutcome } from '../../sim/network/transfers.ts';
import type { Request } from '../../sim/serving/request.ts';
import { promptTokensOf } from '../../sim/serving/sequence.ts';
import type { Dispatch, Dispatcher } from '../systems/dispatcher.ts';
import type { FrontEnd } from '../systems/front-end.ts';
import type { PeerNode } from '../systems/peer-node.ts';
import type { AntiEntropy } from './anti-entropy.ts';
import type { CacheLog } from './cache-log.ts';
import { fastestWay } from './fastest-way.ts';
import type { Place } from './fastest-way.ts';
import type { HashChain } from './hash-chain.ts';
import { chooseNode } from './node-choice.ts';
import type { Candidate, ChoiceRules } from './node-choice.ts';
import type { PrefixFetcher } from './prefix-fetcher.ts';
import type { RoutingCounts } from './routing-counts.ts';
import { cachedBlocks, tokensOf } from './prompt-blocks.ts';

export interface PrefixRouterOptions extends ChoiceRules {
  /** Age from which an estimate is not used; Infinity for none. */
  readonly stalestNs: Nanoseconds;
  /** Most times that a request is sent on. */
  readonly ttl: number;
  /** A peer is distrusted that keeps less than this share of what it claims; 0 trusts everybody. */
  readonly leastTrust: number;
  /** How long a peer is distrusted. */
  readonly distrustNs: Nanoseconds;
}

/** With these a node may also have KV brought to the request, and chooses by expected time to the first token. */
export interface Hybrid {
  readonly fetcher: PrefixFetcher;
}

export interface PrefixRouterWorld {
  readonly hybrid?: Hybrid | undefined;
  readonly sim: Simulator;
  readonly network: Network;
  readonly frontEndHost: HostId;
  readonly frontEnd: FrontEnd;
  readonly nodes: readonly PeerNode[];
  readonly logs: readonly CacheLog[];
  readonly chain: HashChain;
  readonly gossip: AntiEntropy;
  readonly counts: RoutingCounts;
  /** Nodes that claim to have cached every prompt that comes in at them. */
  readonly liars: ReadonlySet<HostId>;
}

/** One request on its way. */
interface Journey {
  readonly dispatch: Dispatch;
  readonly path: Float64Array;
  readonly entry: PeerNode;
  readonly visited: HostId[];
  enteredNs: Nanoseconds;
  /** Where it is being sent, and the blocks that it is expected to find there. */
  target: PeerNode;
  claimed: number;
}

interface Feedback {
  readonly claimed: number;
  readonly kept: number;
}

export class PrefixRouter implements Dispatcher {
  readonly #world: PrefixRouterWorld;
  readonly #options: PrefixRouterOptions;
  readonly #random: RandomStream;
  readonly #entries = new Map<number, PeerNode>();
  readonly #feedback: MessageType<Feedback>;

  constructor(world: PrefixRouterWorld, options: PrefixRouterOptions) {
    this.#world = world;
    this.#options = options;
    this.#random = world.sim.random.stream('prefix-routing/tie-break');
    this.#feedback = world.network.messageType('prefix.feedback', this.#onFeedback.bind(this));
  }

  send(dispatch: Dispatch): void {
    const { frontEnd, frontEndHost, network } = this.#world;
    const entry = frontEnd.send();
    if (entry === undefined) {
      dispatch.end.refused(dispatch);
      return;
    }
    this.#entries.set(dispatch.request.id, entry);
    const path = Float64Array.from(dispatch.request.units, ({ id }) => id);
    const journey: Journey = { dispatch, path, entry, visited: [entry.host], enteredNs: -1, target: entry, claimed: 0 };
    network.transfer({ from: frontEndHost, to: entry.host, sizeBytes: dispatch.promptBytes }, this.#onEntered, journey);
  }

  ended(request: Request, node: PeerNode, died: boolean): void {
    const entry = this.#entries.get(request.id);
    this.#entries.delete(request.id);
    if (entry !== undefined) this.#world.frontEnd.ended(entry);
    if (died) this.#world.frontEnd.setAlive(node, false);
  }

  recovered(node: PeerNode): void {
    this.#world.frontEnd.setAlive(node, true);
  }

  readonly #onEntered = (outcome: TransferOutcome, journey: Journey): void => {
    if (outcome !== 'done') {
      this.#lose(journey);
      return;
    }
    const { sim, counts, chain, logs, liars } = this.#world;
    const { path, entry } = journey;
    journey.enteredNs = sim.now;
    chain.recordPath(path);
    if (liars.has(entry.host)) for (const id of path) logs[entry.host].add(id);
    counts.requests++;
    counts.blocksAsked += path.length;
    const { units } = journey.dispatch.request;
    const own = cachedBlocks(entry, units);
    const candidates = this.#candidates(journey, entry, own);
    this.#countMissed(journey, candidates);
    const home = candidates[0];
    if (this.#world.hybrid !== undefined) {
      this.#takeFastest(journey, own, candidates, this.#world.hybrid);
      return;
    }
    const { candidate, spilled } = chooseNode(candidates, home, this.#options, this.#random);
    if (spilled) counts.spilled++;
    if (candidate === home) {
      journey.dispatch.end.arrived(journey.dispatch, entry);
      return;
    }
    counts.forwarded++;
    this.#forward(journey, entry, candidate);
  };

  /** Hybrid: here, there, or here with what is there. */
  #takeFastest(journey: Journey, own: number, candidates: readonly Candidate[], { fetcher }: Hybrid): void {
    const { gossip, counts, nodes, sim } = this.#world;
    const { dispatch, entry, path } = journey;
    const { units } = dispatch.request;
    const { costModel, engine } = entry;
    const promptTokens = promptTokensOf(dispatch.request);
    const prefillNs = (cached: number): Nanoseconds => {
      costModel.outOfRange.recording = false;
      const ns = costModel.prefillNs(Math.max(1, promptTokens - cached), Math.min(cached, promptTokens - 1));
      costModel.outOfRange.recording = true;
      return ns;
    };
    const [home, ...others] = candidates.map(({ host, tokens, latencyNs }): Place => {
      if (host === entry.host) return { host, tokens, waitNs: engine.estimateWaitNs(), latencyNs };
      const view = gossip.views[entry.host][host];
      // What it has been sent since is taken to cost what this request would.
      return { host, tokens, waitNs: view.status.waitNs + view.unheard * prefillNs(tokens), latencyNs };
    });
    const costs = { prefillNs, fetchNs: (host: HostId, tokens: number) => fetcher.expectedNs(entry, host, tokens) };
    const way = fastestWay(home, others, costs, this.#options.minGainTokens);
    if (way.kind === 'here') {
      dispatch.end.arrived(dispatch, entry);
    } else if (way.kind === 'route') {
      counts.forwarded++;
      this.#forward(journey, entry, candidates.find(({ host }) => host === way.place.host)!);
    } else {
      const view = gossip.views[entry.host][way.place.host];
      counts.fetched++;
      counts.estimatesUsed++;
      counts.estimateAgeNs += sim.now - view.status.atNs;
      dispatch.end.arrived(dispatch, entry, fetcher.fetch(entry, nodes[way.place.host], units, own, view.match(path)));
    }
  }

  /** The node that decides, first, then every peer that it knows enough of and that the request has not been at. */
  #candidates({ dispatch, path, visited }: Journey, at: PeerNode, own: number): Candidate[] {
    const { sim, network, gossip, nodes } = this.#world;
    const { units } = dispatch.request;
    const { engine } = at;
    const candidates: Candidate[] = [{ host: at.host, tokens: tokensOf(units, own), load: engine.queueLength + engine.runningCount, latencyNs: 0 }];
    for (const { host } of nodes) {
      if (host === at.host || visited.includes(host)) continue;
      const view = gossip.views[at.host][host];
      if (!view.isUsable(sim.now, this.#options.stalestNs)) continue;
      candidates.push({ host, tokens: tokensOf(units, view.match(path)), load: view.load(), latencyNs: network.latencyNs(at.host, host) });
    }
    return candidates;
  }

  #forward(journey: Journey, from: PeerNode, to: Candidate): void {
    const { sim, network, gossip, counts, nodes, liars } = this.#world;
    const view = gossip.views[from.host][to.host];
    journey.target = nodes[to.host];
    journey.claimed = view.match(journey.path);
    journey.visited.push(to.host);
    counts.estimatesUsed++;
    counts.estimateAgeNs += sim.now - view.status.atNs;
    if (liars.has(to.host)) counts.sentToLiars++;
    view.sent(sim.now);
    const sizeBytes = journey.dispatch.promptBytes + msgpackSize([journey.claimed, journey.visited]);
    network.transfer({ from: from.host, to: to.host, sizeBytes }, this.#onForwarded, journey);
  }

  readonly #onForwarded = (outcome: TransferOutcome, journey: Journey): void => {
    const { sim, network, gossip, counts } = this.#world;
    const { target, dispatch, claimed, visited } = journey;
    const sender = visited[visited.length - 2];
    if (outcome !== 'done') {
      gossip.views[sender][target.host].failed(sim.now);
      this.#lose(journey);
      return;
    }
    const { units } = dispatch.request;
    const kept = cachedBlocks(target, units);
    if (claimed > 0) network.send(target.host, sender, this.#feedback, { claimed, kept });
    counts.falseHitBlocks += Math.max(0, claimed - kept);
    if (this.#world.hybrid === undefined && kept < claimed && visited.length <= this.#options.ttl) {
      const candidates = this.#candidates(journey, target, kept);
      const { candidate } = chooseNode(candidates, candidates[0], this.#options, this.#random);
      if (candidate !== candidates[0]) {
        counts.redirected++;
        this.#forward(journey, target, candidate);
        return;
      }
    }
    counts.forwardingNs += sim.now - journey.enteredNs;
    dispatch.end.arrived(dispatch, target);
  };

  #onFeedback(to: HostId, from: HostId, { claimed, kept }: Feedback): void {
    const { sim, gossip, counts, liars } = this.#world;
    const { leastTrust, distrustNs } = this.#options;
    if (!gossip.views[to][from].judge(claimed, kept, leastTrust, sim.now, distrustNs)) return;
    if (!liars.has(from)) {
      counts.honestDistrusted++;
      return;
    }
    counts.liarsDistrusted++;
    counts.liarsDistrustedNs += sim.now;
  }

  /** The request never arrives: the front end sends it again in its own time. */
  #lose(journey: Journey): void {
    const { dispatch, entry } = journey;
    const { network } = this.#world;
    this.ended(dispatch.request, entry, !network.isAlive(entry.host));
    dispatch.end.lost(dispatch);
  }

  /** Blocks that are cached somewhere, beyond the best that was known of: judged by an omniscient eye that the router has not. */
  #countMissed({ dispatch }: Journey, candidates: readonly Candidate[]): void {
    const { network, nodes, counts, gossip } = this.#world;
    const { units } = dispatch.request;
    let actual = 0;
    for (const node of nodes) if (network.isAlive(node.host)) actual = Math.max(actual, cachedBlocks(node, units));
    const [{ host, tokens }] = candidates;
    let known = cachedBlocks(nodes[host], units);
    const path = Float64Array.from(units, ({ id }) => id);
    for (const candidate of candidates) {
      if (candidate.host !== host && candidate.tokens > tokens) known = Math.max(known, gossip.views[host][candidate.host].match(path));
    }
    counts.missedHitBlocks += Math.max(0, actual - known);
  }
}
